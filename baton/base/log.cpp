#include "baton/base/log.hpp"

namespace baton {

Logger Logger::named(std::string_view part) const {
    Logger logger = *this;
    if (!logger.name_.empty()) logger.name_ += '.';
    logger.name_ += part;
    return logger;
}

Logger Logger::with(std::string key, std::string value) const {
    Logger logger = *this;
    logger.fields_.push_back({std::move(key), std::move(value)});
    return logger;
}

void Logger::debug(std::string_view message, std::vector<LogField> fields) const {
    write(LogLevel::debug, message, std::move(fields));
}

void Logger::info(std::string_view message, std::vector<LogField> fields) const {
    write(LogLevel::info, message, std::move(fields));
}

void Logger::warn(std::string_view message, std::vector<LogField> fields) const {
    write(LogLevel::warn, message, std::move(fields));
}

void Logger::error(std::string_view message, std::vector<LogField> fields) const {
    write(LogLevel::error, message, std::move(fields));
}

void Logger::critical(std::string_view message, std::vector<LogField> fields) const {
    write(LogLevel::critical, message, std::move(fields));
}

void Logger::write(LogLevel level, std::string_view message, std::vector<LogField> fields) const {
    if (!sink_) return;
    if (!fields_.empty()) fields.insert(fields.begin(), fields_.begin(), fields_.end());
    sink_->write(level, name_, message, fields);
}

}  // namespace baton
