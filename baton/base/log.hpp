#pragma once

#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace baton {

enum class LogLevel { debug, info, warn, error, critical, panic, fatal };

struct LogField {
    std::string key;
    std::string value;
};

/// Where lines go; implemented in app (console and file), and by tests that look at lines. Any thread.
class LogSink {
  public:
    virtual ~LogSink() = default;
    virtual void write(LogLevel level, std::string_view logger, std::string_view message,
                       const std::vector<LogField>& fields) = 0;
};

/// A named writer of log lines; a cheap value, copied freely. Any thread. Never pass it a secret (G7).
class Logger {
  public:
    /// A logger that drops everything.
    Logger() = default;
    Logger(std::shared_ptr<LogSink> sink, std::string name)
        : sink_(std::move(sink)), name_(std::move(name)) {}

    /// "<this name>.<part>", as v1.11.0 names its loggers (reference/lifecycle-and-locking.md section 6).
    Logger named(std::string_view part) const;
    /// The same logger with a field that every line carries.
    Logger with(std::string key, std::string value) const;

    void debug(std::string_view message, std::vector<LogField> fields = {}) const;
    void info(std::string_view message, std::vector<LogField> fields = {}) const;
    void warn(std::string_view message, std::vector<LogField> fields = {}) const;
    void error(std::string_view message, std::vector<LogField> fields = {}) const;
    void critical(std::string_view message, std::vector<LogField> fields = {}) const;

  private:
    void write(LogLevel level, std::string_view message, std::vector<LogField> fields) const;

    std::shared_ptr<LogSink> sink_;
    std::string name_;
    std::vector<LogField> fields_;
};

}  // namespace baton
