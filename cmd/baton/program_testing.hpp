#pragma once

// For tests of this folder only: commands as they are typed, and a node that answers them.

#include "baton/async/group.hpp"
#include "baton/async/loop.hpp"
#include "baton/net/http_server.hpp"
#include "cmd/baton/commands.hpp"
#include "cmd/baton/program.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <filesystem>
#include <fstream>
#include <future>
#include <map>
#include <mutex>
#include <sstream>
#include <thread>

namespace baton::cli {

/// A server of canned answers on a thread of its own, because commands block.
class CannedServer {
  public:
    struct Canned {
        unsigned status = 200;
        std::string body;
        std::string set_cookie;
    };

    CannedServer() {
        std::promise<std::uint16_t> listening;
        thread_ = std::thread([this, &listening] { serve(listening); });
        port_ = listening.get_future().get();
    }
    ~CannedServer() {
        loop_.stop();
        thread_.join();
    }

    std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
    /// Answers of "<method> <target>", one after the other; the last one stays.
    void answer(const std::string& what, std::vector<Canned> answers) {
        const std::lock_guard lock(mutex_);
        answers_[what] = {answers.begin(), answers.end()};
    }
    std::vector<net::Request> requests() const {
        const std::lock_guard lock(mutex_);
        return requests_;
    }

  private:
    void serve(std::promise<std::uint16_t>& listening) {
        net::ServerOptions options;
        options.address = "127.0.0.1";
        net::HttpServer server(loop_.executor(), options,
                               [this](net::Request request) { return handle(std::move(request)); });
        server.listen();
        listening.set_value(server.port());
        loop_.run();
        loop_.run_until_done(server.close_all());
    }
    async::Task<net::Response> handle(net::Request request) {
        const std::lock_guard lock(mutex_);
        requests_.push_back(request);
        auto& queue = answers_[request.method + " " + request.target];
        net::Response response;
        response.status = queue.empty() ? 404 : queue.front().status;
        if (!queue.empty()) {
            response.body = queue.front().body;
            if (!queue.front().set_cookie.empty())
                response.headers.add("Set-Cookie", queue.front().set_cookie);
            if (queue.size() > 1) queue.pop_front();
        }
        co_return response;
    }

    mutable std::mutex mutex_;
    std::map<std::string, std::deque<Canned>> answers_;
    std::vector<net::Request> requests_;
    async::Loop loop_;
    std::uint16_t port_ = 0;
    std::thread thread_;
};

class ProgramTest : public ::testing::Test {
  protected:
    ProgramTest()
        : root_(std::filesystem::temp_directory_path() / ("baton-cmd-" + std::to_string(getpid()))) {
        std::filesystem::remove_all(root_);
    }
    ~ProgramTest() override { std::filesystem::remove_all(root_); }

    struct Outcome {
        int code;
        std::string out;
        std::string err;
    };
    Outcome run(std::vector<std::string> words) {
        std::istringstream in;
        std::ostringstream out;
        std::ostringstream err;
        Surroundings surroundings;
        surroundings.in = &in;
        surroundings.out = &out;
        surroundings.err = &err;
        surroundings.root = root_;
        surroundings.environment = [this](const std::string& name) {
            const auto found = environment_.find(name);
            return found == environment_.end() ? std::nullopt : std::optional(found->second);
        };
        NodeFunctions functions;
        functions.version = "1.11.0";
        functions.commit = "abc";
        functions.start = [this](const NodeFunctions::StartFiles& files) {
            started_ = files;
            return 0;
        };
        functions.stop_database = [] { return 7; };
        functions.database = [this](const std::string& name, bool any_name) {
            database_ = name + (any_name ? " any" : "");
            return 0;
        };
        functions.rebroadcast = [this](const NodeFunctions::Rebroadcast& wanted) {
            rebroadcast_ = wanted;
            return 9;
        };
        functions.examine = [this](const std::string&) { return findings_; };
        const Program program{command_tree(functions), "1.11.0@abc", read_globals};
        words.insert(words.begin(), "/usr/bin/chainlink");
        const int code = run_program(program, words, surroundings);
        return {code, out.str(), err.str()};
    }
    Outcome remote(std::vector<std::string> words) {
        words.insert(words.begin(), {"--remote-node-url", server_.url()});
        return run(std::move(words));
    }
    void write(const std::string& name, const std::string& content) {
        std::filesystem::create_directories(root_);
        std::ofstream(root_ / name) << content;
    }
    std::string read(const std::string& name) { return read_file(root_ / name).value_or("(none)"); }

    std::filesystem::path root_;
    std::map<std::string, std::string> environment_;
    std::optional<NodeFunctions::StartFiles> started_;
    std::vector<NodeFunctions::Finding> findings_;
    NodeFunctions::Rebroadcast rebroadcast_;
    std::string database_;
    CannedServer server_;
};

}  // namespace baton::cli
