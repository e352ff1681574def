#include "baton/app/log_sink.hpp"

#include "baton/codec/json.hpp"
#include "testing/clock.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

namespace baton::app {
namespace {

const std::vector<LogField> none;

LogLine line(std::string_view message, const std::vector<LogField>& fields = none) {
    return {LogLevel::info,
            WallTime(std::chrono::sys_days{std::chrono::year(2022) / 1 / 2}) +
                std::chrono::microseconds(1'500'000),
            "EVM.Txm", message, &fields};
}

TEST(PrettyLine, HasTheFormOfV1) {
    const std::vector<LogField> fields{{"nonce", "7"}, {"address", "0xab"}, {"empty", ""}};
    EXPECT_EQ(
        pretty_line(line("sent", fields), false),
        "2022-01-02T00:00:01Z [INFO]  sent" + std::string(47, ' ') + "address=0xab logger=EVM.Txm nonce=7 ");
}

TEST(PrettyLine, IsColouredOnRequest) {
    const auto text = pretty_line(line("sent"), true);
    EXPECT_NE(text.find("\x1b[37m[INFO]  \x1b[0m"), std::string::npos);
    EXPECT_EQ(pretty_line(line("sent"), false).find('\x1b'), std::string::npos);
}

TEST(PrettyLine, CannotBeForged) {
    const std::vector<LogField> fields{{"answer", "x\n2022-01-02T00:00:01Z [ERROR] forged\r\x1b[2K\x01"}};
    const auto text = pretty_line(line("first\nsecond\r\n\x1b[31m", fields), false);
    for (const char c : text)
        EXPECT_TRUE(static_cast<unsigned char>(c) >= 0x20) << "control character in: " << text;
    EXPECT_NE(text.find("first\\nsecond"), std::string::npos);
    EXPECT_NE(text.find("answer=x\\n2022"), std::string::npos);
}

TEST(JsonLine, IsOneObjectWithTheMembersOfV1) {
    const std::vector<LogField> fields{{"nonce", "7"}, {"reason", "say \"no\"\n"}};
    const auto text = json_line(line("sent\nforged", fields), false);
    EXPECT_EQ(text.find('\n'), std::string::npos);
    const auto value = codec::read_json(text);
    const auto member = [&](std::string_view name) {
        return *value.map_or_null()->find(name)->second.get_if<std::string>();
    };
    EXPECT_EQ(member("level"), "info");
    EXPECT_EQ(member("ts"), "2022-01-02T00:00:01.5Z");
    EXPECT_EQ(member("logger"), "EVM.Txm");
    EXPECT_EQ(member("msg"), "sent\nforged");
    EXPECT_EQ(member("nonce"), "7");
    EXPECT_EQ(member("reason"), "say \"no\"\n");
}

TEST(JsonLine, HasNumericTimesOnRequest) {
    EXPECT_NE(json_line(line("x"), true).find("\"ts\":1641081601.500000,"), std::string::npos);
}

TEST(JsonLine, SurvivesBytesThatAreNoText) {
    const auto text = json_line(line("bad \xff\xc3 byte"), false);
    EXPECT_NO_THROW(codec::read_json(text)) << text;
}

class Counting : public Metrics {
  public:
    Number counter(const std::string& name, const MetricLabels&) override {
        return {&counts[name], [](void* count, double amount) { *static_cast<double*>(count) += amount; }};
    }
    Number gauge(const std::string& name, const MetricLabels& labels) override {
        return Metrics::none().gauge(name, labels);
    }
    void observe(const std::string&, double, const MetricLabels&) override {}
    std::map<std::string, double> counts;
};

class LogFile : public testing::Test {
  protected:
    LogFile() {
        std::string name = "/tmp/baton-log-XXXXXX";
        config_.directory = mkdtemp(name.data());
        config_.file_max_size = 100'000;
        config_.level = LogLevel::fatal;  // the console stays quiet
    }
    ~LogFile() override { std::filesystem::remove_all(config_.directory); }
    std::string content() const {
        std::ostringstream text;
        text << std::ifstream(config_.directory / "chainlink_debug.log").rdbuf();
        return text.str();
    }
    LogConfig config_;
    test::ManualClock clock_;
    Counting metrics_;
};

TEST_F(LogFile, KeepsEverythingDownToDebug) {
    const auto sink = make_log_sink(config_, clock_, metrics_);
    sink->write(LogLevel::debug, "a", "detail", {});
    sink->write(LogLevel::warn, "a", "careful", {{"k", "v"}});
    sink->write(LogLevel::error, "a", "broken", {});
    sink->write(LogLevel::critical, "a", "worse", {});
    const auto text = content();
    for (const auto* message : {"detail", "careful", "broken", "worse"})
        EXPECT_NE(text.find(message), std::string::npos);
    EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 4);
    EXPECT_EQ(metrics_.counts,
              (std::map<std::string, double>{
                  {"log_warn_count", 1}, {"log_error_count", 1}, {"log_critical_count", 1}}));
}

TEST_F(LogFile, IsLeftOutWhenItsSizeIsZero) {
    config_.file_max_size = 0;
    make_log_sink(config_, clock_, metrics_)->write(LogLevel::info, "a", "x", {});
    EXPECT_FALSE(std::filesystem::exists(config_.directory / "chainlink_debug.log"));
}

TEST_F(LogFile, IsLeftOutWhenTheDiskHasNoRoomForIt) {
    config_.file_max_size = UINT64_MAX / 4;
    make_log_sink(config_, clock_, metrics_)->write(LogLevel::info, "a", "x", {});
    EXPECT_FALSE(std::filesystem::exists(config_.directory / "chainlink_debug.log"));
}

TEST_F(LogFile, PausesWhileTheDiskIsShort) {
    std::uint64_t free = 200'000;
    const auto sink = make_log_sink(config_, clock_, metrics_, [&] { return free; });
    sink->write(LogLevel::debug, "a", "first", {});
    free = 199'999;
    sink->write(LogLevel::debug, "a", "second", {});
    clock_.advance(std::chrono::minutes(1));
    sink->write(LogLevel::debug, "a", "third", {});
    free = 200'000;
    clock_.advance(std::chrono::minutes(1));
    sink->write(LogLevel::debug, "a", "fourth", {});
    const auto text = content();
    for (const auto* message : {"first", "second", "fourth"})
        EXPECT_NE(text.find(message), std::string::npos) << message;
    EXPECT_EQ(text.find("third"), std::string::npos);
}

TEST_F(LogFile, IsItsOwnersOnly) {
    make_log_sink(config_, clock_, metrics_)->write(LogLevel::info, "a", "x", {});
    EXPECT_EQ(std::filesystem::status(config_.directory / "chainlink_debug.log").permissions(),
              std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

TEST_F(LogFile, WithoutALimitAllBackupsAreKept) {
    config_.file_max_size = 100;
    config_.file_max_backups = 0;
    const auto sink = make_log_sink(config_, clock_, metrics_);
    for (const auto* message : {"first", "second", "third"})
        sink->write(LogLevel::info, "a", message, {});
    EXPECT_TRUE(std::filesystem::exists(config_.directory / "chainlink_debug.1.log"));
    EXPECT_TRUE(std::filesystem::exists(config_.directory / "chainlink_debug.2.log"));
}

TEST_F(LogFile, BackupsOlderThanTheirAgeAreRemoved) {
    const auto put = [&](const char* name, int days_old) {
        const auto path = config_.directory / name;
        std::ofstream(path) << "x";
        const auto at = std::chrono::duration_cast<std::chrono::seconds>(
            (clock_.wall() - std::chrono::days(days_old)).time_since_epoch());
        const timespec times[2] = {{at.count(), 0}, {at.count(), 0}};
        ASSERT_EQ(utimensat(AT_FDCWD, path.c_str(), times, 0), 0);
    };
    put("chainlink_debug.1.log", 2);
    put("chainlink_debug.2.log", 4);
    put("chainlink_debug.2.log.gz", 4);
    const auto exists = [&](const char* name) { return std::filesystem::exists(config_.directory / name); };

    make_log_sink(config_, clock_, metrics_);
    EXPECT_TRUE(exists("chainlink_debug.2.log")) << "without an age nothing is removed";
    config_.file_max_age_days = 3;
    const auto sink = make_log_sink(config_, clock_, metrics_);
    EXPECT_FALSE(exists("chainlink_debug.2.log"));
    EXPECT_TRUE(exists("chainlink_debug.1.log"));
    EXPECT_TRUE(exists("chainlink_debug.2.log.gz")) << "what others put there stays";

    clock_.advance(std::chrono::days(1) + std::chrono::seconds(1));
    sink->write(LogLevel::info, "a", "x", {});
    EXPECT_FALSE(exists("chainlink_debug.1.log"));
}

TEST_F(LogFile, AFolderThatCannotBeWrittenStopsNobody) {
    config_.directory = "/proc/no/such/folder";
    const auto sink = make_log_sink(config_, clock_, metrics_);
    EXPECT_NO_THROW(sink->write(LogLevel::info, "a", "x", {}));
    config_.directory = "/tmp/baton-log-none";
}

}  // namespace
}  // namespace baton::app
