#pragma once

#include "cmd/baton/client.hpp"

#include <atomic>
#include <cstddef>
#include <map>
#include <string>
#include <thread>
#include <utility>

namespace baton::cli {

/// Starts runs of a webhook job all the time, each under a key of its own, which makes a repeated call
/// harmless: whatever was not answered is sent again, to the other instance.
class DrillLoad {
  public:
    /// Of job `job`, at the instances with these URLs.
    DrillLoad(const Invocation& invocation, const std::string& job, const std::string& one,
              const std::string& other);
    ~DrillLoad() { stop(); }

    void start();
    void stop();
    /// Asks for every run again by its key: the same run has to be found. Gives how many were not.
    /// REQUIRES: stopped.
    int faults();
    std::size_t runs() const { return runs_.size() + unanswered_; }

  private:
    /// Key and run; the run is empty when nobody answered.
    std::pair<std::string, std::string> start_run(const std::string& key);
    void keep(std::pair<std::string, std::string> run);

    std::string path_;
    Client first_;
    Client second_;
    std::atomic<bool> ended_{false};
    std::map<std::string, std::string> runs_;
    std::size_t unanswered_ = 0;
    std::thread thread_;
};

}  // namespace baton::cli
