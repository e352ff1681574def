#pragma once

#include "baton/base/log.hpp"

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace baton::test {

struct LogLine {
    LogLevel level;
    std::string logger;
    std::string message;
    std::vector<LogField> fields;

    /// Value of the field, or "" if the line has none of that name.
    std::string field(std::string_view key) const {
        for (const auto& candidate : fields) {
            if (candidate.key == key) return candidate.value;
        }
        return "";
    }
};

/// Keeps lines, so that a test can look at them. Any thread.
class RecordingSink : public LogSink {
  public:
    void write(LogLevel level, std::string_view logger, std::string_view message,
               const std::vector<LogField>& fields) override {
        const std::lock_guard lock(mutex_);
        lines_.push_back({level, std::string(logger), std::string(message), fields});
    }
    std::vector<LogLine> lines() const {
        const std::lock_guard lock(mutex_);
        return lines_;
    }
    /// Lines whose message contains `text`.
    std::vector<LogLine> with(std::string_view text) const {
        std::vector<LogLine> found;
        for (auto& line : lines()) {
            if (line.message.find(text) != std::string::npos) found.push_back(std::move(line));
        }
        return found;
    }
    /// `text` occurs in a message or in the value of a field: for secrets that must not.
    bool mentions(std::string_view text) const {
        for (const auto& line : lines()) {
            if (line.message.find(text) != std::string::npos) return true;
            for (const auto& field : line.fields) {
                if (field.value.find(text) != std::string::npos) return true;
            }
        }
        return false;
    }

  private:
    mutable std::mutex mutex_;
    std::vector<LogLine> lines_;
};

}  // namespace baton::test
