#include "baton/app/log_sink.hpp"

#include "baton/codec/json.hpp"

#include <spdlog/sinks/rotating_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

namespace baton::app {

namespace {

struct LevelText {
    std::string_view name;
    std::string_view color;
    const char* counter;
};

LevelText text_of(LogLevel level) {
    switch (level) {
        case LogLevel::debug:
            return {"debug", "32", nullptr};
        case LogLevel::info:
            return {"info", "37", nullptr};
        case LogLevel::warn:
            return {"warn", "33", "log_warn_count"};
        case LogLevel::error:
            return {"error", "31", "log_error_count"};
        case LogLevel::critical:
            return {"crit", "91", "log_critical_count"};
        case LogLevel::panic:
            return {"panic", "91", "log_panic_count"};
        case LogLevel::fatal:
            return {"fatal", "91", "log_fatal_count"};
    }
    return {"info", "37", nullptr};
}

std::string paint(std::string text, std::string_view code, bool color) {
    return color ? fmt::format("\x1b[{}m{}\x1b[0m", code, text) : text;
}

std::string upper(std::string_view text) {
    std::string raised(text);
    std::transform(raised.begin(), raised.end(), raised.begin(),
                   [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    return raised;
}

/// A line stays one line: what others sent us must not be able to forge log lines.
std::string one_line(std::string_view text) {
    std::string flat;
    for (const char c : text) {
        if (c == '\n') {
            flat += "\\n";
        } else if (static_cast<unsigned char>(c) < 0x20 && c != '\t') {
            flat += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
        } else {
            flat += c;
        }
    }
    return flat;
}

bool has_room(const LogConfig& config) {
    std::error_code error;
    const auto space = std::filesystem::space(config.directory, error);
    if (error) return false;
    return space.available / (static_cast<std::uint64_t>(config.file_max_backups) + 1) >=
           config.file_max_size;
}

class SpdlogSink final : public LogSink {
  public:
    SpdlogSink(const LogConfig& config, const Clock& clock, Metrics& metrics)
        : config_(config), clock_(clock), metrics_(metrics) {
        console_ = std::make_shared<spdlog::sinks::stderr_sink_mt>();
        console_->set_pattern("%v");
        if (config.file_max_size == 0) return;
        std::error_code ignored;
        std::filesystem::create_directories(config.directory, ignored);
        if (!has_room(config)) return;
        try {
            file_ = std::make_shared<spdlog::sinks::rotating_file_sink_mt>(
                (config.directory / "chainlink_debug.log").string(), config.file_max_size,
                static_cast<std::size_t>(config.file_max_backups));
            file_->set_pattern("%v");
        } catch (const spdlog::spdlog_ex& error) {
            drop(error);
        }
    }

    void write(LogLevel level, std::string_view logger, std::string_view message,
               const std::vector<LogField>& fields) override {
        const LogLine line{level, clock_.wall(), logger, message, &fields};
        if (const auto* counter = text_of(level).counter) metrics_.add(counter);
        if (level >= config_.level) {
            emit(*console_, config_.json_console ? json_line(line, config_.unix_timestamps)
                                                 : pretty_line(line, config_.color));
        }
        if (file_) emit(*file_, json_line(line, config_.unix_timestamps));
    }

  private:
    void emit(spdlog::sinks::sink& sink, const std::string& text) {
        try {
            sink.log(spdlog::details::log_msg("", spdlog::level::info, text));
            sink.flush();
        } catch (const spdlog::spdlog_ex& error) {
            drop(error);
        }
    }
    /// A full disk costs log lines, nothing else; the metric tells that it happened.
    void drop(const spdlog::spdlog_ex&) { metrics_.add("log_dropped_count"); }

    LogConfig config_;
    const Clock& clock_;
    Metrics& metrics_;
    std::shared_ptr<spdlog::sinks::sink> console_;
    std::shared_ptr<spdlog::sinks::sink> file_;
};

}  // namespace

std::string pretty_line(const LogLine& line, bool color) {
    const auto level = text_of(line.level);
    auto seconds = std::chrono::floor<std::chrono::seconds>(line.at);
    std::string text =
        fmt::format("{} {}{:<50} ", to_rfc3339(seconds),
                    paint(fmt::format("{:<8}", "[" + upper(level.name) + "]"), level.color, color),
                    one_line(line.message));
    std::vector<LogField> fields = *line.fields;
    fields.push_back({"logger", std::string(line.logger)});
    std::sort(fields.begin(), fields.end(), [](const auto& a, const auto& b) { return a.key < b.key; });
    for (const auto& field : fields) {
        if (field.value.empty()) continue;
        text += paint(field.key, "32", color) + "=" + one_line(field.value) + " ";
    }
    return text;
}

std::string json_line(const LogLine& line, bool unix_timestamps) {
    const auto micros = line.at.time_since_epoch().count();
    const std::string time = unix_timestamps ? fmt::format("{}.{:06}", micros / 1'000'000, micros % 1'000'000)
                                             : codec::quote_json(to_rfc3339(line.at));
    std::string text = fmt::format(R"({{"level":"{}","ts":{},"logger":{},"msg":{})", text_of(line.level).name,
                                   time, codec::quote_json(line.logger), codec::quote_json(line.message));
    for (const auto& field : *line.fields)
        text += "," + codec::quote_json(field.key) + ":" + codec::quote_json(field.value);
    return text + "}";
}

std::shared_ptr<LogSink> make_log_sink(const LogConfig& config, const Clock& clock, Metrics& metrics) {
    return std::make_shared<SpdlogSink>(config, clock, metrics);
}

}  // namespace baton::app
