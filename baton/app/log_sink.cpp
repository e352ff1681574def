#include "baton/app/log_sink.hpp"

#include "baton/codec/json.hpp"

#include <spdlog/sinks/rotating_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <fmt/format.h>

#include <sys/stat.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <mutex>
#include <optional>
#include <regex>

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

constexpr auto disk_period = std::chrono::minutes(1);
/// LOG_FILE_MAX_BACKUPS=0 keeps all: spdlog looks for each number at every rotation, so "all" has an end.
constexpr std::size_t all_backups = 10'000;

std::uint64_t free_bytes_in(const std::filesystem::path& directory) {
    std::error_code error;
    const auto space = std::filesystem::space(directory, error);
    return error ? 0 : space.available;
}

std::shared_ptr<spdlog::sinks::sink> open_log_file(const LogConfig& config) {
    spdlog::file_event_handlers handlers;
    // What was asked of adapters and what they said is nobody else's.
    handlers.after_open = [](const std::string&, std::FILE* file) { fchmod(fileno(file), 0600); };
    const auto backups = config.file_max_backups == 0
                             ? all_backups
                             : std::min(static_cast<std::size_t>(config.file_max_backups), all_backups);
    auto file = std::make_shared<spdlog::sinks::rotating_file_sink_mt>(
        (config.directory / "chainlink_debug.log").string(), config.file_max_size, backups, false, handlers);
    file->set_pattern("%v");
    return file;
}

/// Rotated files whose last line is older than LOG_FILE_MAX_AGE; 0 keeps them however old.
void remove_old_backups(const LogConfig& config, WallTime now) {
    if (config.file_max_age_days == 0) return;
    static const std::regex backup(R"(chainlink_debug\.[0-9]+\.log)");
    const auto oldest = now - std::chrono::days(config.file_max_age_days);
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator(config.directory, ignored)) {
        if (!std::regex_match(entry.path().filename().string(), backup)) continue;
        struct stat facts {};
        if (stat(entry.path().c_str(), &facts) != 0) continue;
        if (WallTime(std::chrono::seconds(facts.st_mtime)) < oldest)
            std::filesystem::remove(entry.path(), ignored);
    }
}

class SpdlogSink final : public LogSink {
  public:
    SpdlogSink(const LogConfig& config, const Clock& clock, Metrics& metrics, FreeBytes free_bytes)
        : config_(config), clock_(clock), metrics_(metrics), free_bytes_(std::move(free_bytes)) {
        console_ = std::make_shared<spdlog::sinks::stderr_sink_mt>();
        console_->set_pattern("%v");
        if (config.file_max_size == 0) return;
        std::error_code ignored;
        std::filesystem::create_directories(config.directory, ignored);
        file();
    }

    void write(LogLevel level, std::string_view logger, std::string_view message,
               const std::vector<LogField>& fields) override {
        const LogLine line{level, clock_.wall(), logger, message, &fields};
        to_console(line);
        if (auto* open = file()) emit(*open, json_line(line, config_.unix_timestamps));
    }

  private:
    void to_console(const LogLine& line) {
        if (const auto* counter = text_of(line.level).counter) metrics_.add(counter);
        if (line.level < config_.level) return;
        emit(*console_, config_.json_console ? json_line(line, config_.unix_timestamps)
                                             : pretty_line(line, config_.color));
    }
    /// The log file, opened once the disk has room for it; nullptr while it has not, looked at once a minute.
    spdlog::sinks::sink* file() {
        if (config_.file_max_size == 0) return nullptr;
        const std::lock_guard guard(mutex_);
        const auto now = clock_.steady();
        if (!next_look_ || now >= *next_look_) {
            next_look_ = now + disk_period;
            remove_old_backups(config_, clock_.wall());
            look_at_disk();
        }
        return paused_ ? nullptr : file_.get();
    }
    void look_at_disk() {
        const bool paused = free_bytes_() / (static_cast<std::uint64_t>(config_.file_max_backups) + 1) <
                            config_.file_max_size;
        if (paused != paused_)
            say(paused ? "the disk has not enough room left: nothing is written to the log file"
                       : "the disk has room: the log file is written again");
        paused_ = paused;
        if (paused_ || file_) return;
        try {
            file_ = open_log_file(config_);
        } catch (const spdlog::spdlog_ex& error) {
            drop(error);
        }
    }
    void say(std::string_view text) {
        const std::vector<LogField> fields{{"folder", config_.directory.string()}};
        to_console({LogLevel::warn, clock_.wall(), "LogFile", text, &fields});
    }
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
    FreeBytes free_bytes_;
    std::shared_ptr<spdlog::sinks::sink> console_;
    std::mutex mutex_;
    std::optional<BootClock::time_point> next_look_;
    bool paused_ = false;
    /// Once open it stays.
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

std::shared_ptr<LogSink> make_log_sink(const LogConfig& config, const Clock& clock, Metrics& metrics,
                                       FreeBytes free_bytes) {
    if (!free_bytes) free_bytes = [directory = config.directory] { return free_bytes_in(directory); };
    return std::make_shared<SpdlogSink>(config, clock, metrics, std::move(free_bytes));
}

}  // namespace baton::app
