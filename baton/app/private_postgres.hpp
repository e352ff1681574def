#pragma once

#include "baton/base/log.hpp"
#include "baton/base/secret.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace baton::app {

/// The PostgreSQL that is used when DATABASE_URL is not set (design section 8): in ROOT/postgres, or, started
/// as root, in a folder of its own below /var/lib/baton that belongs to an unprivileged user. A daemon: it
/// outlives this process, and every instance with the same ROOT shares it. Calls block; they are made before
/// the loop runs.
class PrivatePostgres {
  public:
    /// Looks only; nothing is created. Throws baton::Error naming what to install when no server is
    /// installed.
    PrivatePostgres(std::filesystem::path root, Logger log);

    /// Throws that baton::Error too, with nothing done.
    static void require_server(const std::filesystem::path& root);

    /// Initialises and starts what is not there or not running yet; safe when several instances start at
    /// once. Throws baton::Error with the server's own last words.
    Secret start();
    enum class State { absent, stopped, running };
    /// Waits while another instance starts it.
    State look() const;
    /// How it is reached while it runs.
    Secret url() const;
    /// Ends the server; false when it was not running.
    bool stop();

    const std::filesystem::path& data_directory() const { return data_; }

  private:
    struct Account {
        unsigned uid = 0;
        unsigned gid = 0;
        std::string name;
    };
    bool running() const;
    void initialise();
    void start_server();
    void create_database();
    /// Runs a program of the server's version as the account; gives its exit code and what it printed.
    /// `kept` is a descriptor that the program inherits.
    int run(const std::vector<std::string>& arguments, std::string& output, int kept = -1) const;
    void run_or_throw(const std::vector<std::string>& arguments, const std::string& what,
                      int kept = -1) const;

    std::filesystem::path root_;
    std::filesystem::path data_;
    std::filesystem::path socket_directory_;
    std::filesystem::path programs_;
    Account account_;
    Logger log_;
};

}  // namespace baton::app
