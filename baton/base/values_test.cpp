#include "baton/base/big_int.hpp"
#include "baton/base/bytes.hpp"
#include "baton/base/log.hpp"
#include "baton/base/random.hpp"
#include "baton/base/secret.hpp"
#include "baton/base/uuid.hpp"

#include <gtest/gtest.h>

#include <deque>

namespace baton {
namespace {

TEST(Hex, GoesBothWays) {
    EXPECT_EQ(to_0x(Bytes{0x0a, 0x00, 0xff}), "0x0a00ff");
    EXPECT_EQ(to_0x({}), "0x");
    EXPECT_EQ(from_0x("0X0aFf"), (Bytes{0x0a, 0xff}));
    EXPECT_EQ(from_hex(""), Bytes{});
    for (const char* bad : {"", "ff", "0x1", "0xwq", "0x 1", "x0"})
        EXPECT_FALSE(from_0x(bad)) << bad;
}

TEST(Hex, FixedWidthsAreExact) {
    const std::string digits(40, 'a');
    EXPECT_EQ(to_0x(parse_address("0x" + digits)->view()), "0x" + digits);
    EXPECT_FALSE(parse_address(digits));
    EXPECT_FALSE(parse_address("0x" + digits + "a"));
    EXPECT_FALSE(parse_hash("0x" + digits));
    EXPECT_THROW(address_from(Bytes(19)), std::invalid_argument);
}

TEST(BigIntText, ReadsDecimalWithoutOctalTrap) {
    EXPECT_EQ(parse_decimal_integer("0010"), BigInt(10));
    EXPECT_EQ(parse_decimal_integer("-08"), BigInt(-8));
    EXPECT_EQ(parse_decimal_integer("+0"), BigInt(0));
    for (const char* bad : {"", "-", "1 ", "0x1", "--1", "1.0"})
        EXPECT_FALSE(parse_decimal_integer(bad)) << bad;
}

TEST(BigIntText, ReadsAndWritesQuantities) {
    EXPECT_EQ(parse_quantity("0x1F"), BigInt(31));
    EXPECT_EQ(parse_quantity("0x00"), BigInt(0));
    EXPECT_EQ(to_quantity(BigInt("1267650600228229401496703205376")), "0x10000000000000000000000000");
    EXPECT_EQ(to_quantity(0), "0x0");
    EXPECT_EQ(to_quantity(0xabc), "0xabc");
    for (const char* bad : {"0x", "1", "0xg", ""})
        EXPECT_FALSE(parse_quantity(bad)) << bad;
    EXPECT_THROW(to_quantity(-1), std::invalid_argument);
}

TEST(BigEndian, WrapsToTheWidth) {
    EXPECT_EQ(to_big_endian(0), Bytes{});
    EXPECT_EQ(to_big_endian(0x0102), (Bytes{1, 2}));
    EXPECT_EQ(to_big_endian(0x0102, 4), (Bytes{0, 0, 1, 2}));
    EXPECT_EQ(to_big_endian(-2, 2), (Bytes{0xff, 0xfe}));
    EXPECT_EQ(to_big_endian(0x10203, 2), (Bytes{2, 3}));
    EXPECT_EQ(to_big_endian(-0x10000, 2), (Bytes{0, 0}));
    EXPECT_EQ(from_big_endian(Bytes{0, 1, 0}), 256);
    EXPECT_EQ(from_big_endian({}), 0);
}

TEST(UuidText, ReadsTheFourForms) {
    const std::string canonical = "a5ac14e8-7629-4726-b1f1-1ae053fc829e";
    const auto uuid = Uuid::parse(canonical);
    ASSERT_TRUE(uuid);
    EXPECT_EQ(uuid->to_string(), canonical);
    EXPECT_EQ(Uuid::parse("A5AC14E876294726B1F11AE053FC829E"), uuid);
    EXPECT_EQ(Uuid::parse("{" + canonical + "}"), uuid);
    EXPECT_EQ(Uuid::parse("URN:uuid:" + canonical), uuid);
    for (const char* bad :
         {"", "a5ac14e8", "a5ac14e8-7629-4726-b1f1-1ae053fc829", "a5ac14e8_7629-4726-b1f1-1ae053fc829e",
          "a5ac14e87629-4726-b1f1-1ae053fc829e--", "urn:uuid:a5ac14e876294726b1f11ae053fc829e"}) {
        EXPECT_FALSE(Uuid::parse(bad)) << bad;
    }
}

/// Gives the numbers of a script, little-endian as the machine reads them.
class ScriptedRandom final : public Random {
  public:
    explicit ScriptedRandom(std::deque<std::uint8_t> script) : script_(std::move(script)) {}
    void fill(std::span<std::uint8_t> out) override {
        for (auto& byte : out) {
            byte = script_.front();
            script_.pop_front();
        }
    }

  private:
    std::deque<std::uint8_t> script_;
};

TEST(UuidText, RandomIsVersion4) {
    ScriptedRandom ones(std::deque<std::uint8_t>(16, 0xff));
    EXPECT_EQ(Uuid::random(ones).to_string(), "ffffffff-ffff-4fff-bfff-ffffffffffff");
}

TEST(RandomBelow, DropsTheSurplusThatWouldFavourSmallResults) {
    std::deque<std::uint8_t> script(8, 0xff);  // 2^64 - 1: past the last multiple of 10
    script.insert(script.end(), {13, 0, 0, 0, 0, 0, 0, 0});
    ScriptedRandom random(std::move(script));
    EXPECT_EQ(random.below(10), 3U);
}

TEST(SecretValue, MovesAndCopies) {
    Secret a(std::string(100, 'x'));
    Secret b = a;
    Secret c;
    c = std::move(a);
    EXPECT_TRUE(a.empty());  // NOLINT(bugprone-use-after-move): emptied on purpose
    EXPECT_EQ(b.reveal(), c.reveal());
    b = Secret("short");
    EXPECT_EQ(b.reveal(), "short");
}

class RememberingSink final : public LogSink {
  public:
    void write(LogLevel level, std::string_view logger, std::string_view message,
               const std::vector<LogField>& fields) override {
        line =
            std::to_string(static_cast<int>(level)) + " " + std::string(logger) + " " + std::string(message);
        for (const auto& field : fields)
            line += " " + field.key + "=" + field.value;
    }
    std::string line;
};

TEST(LoggerValue, CarriesNameAndFields) {
    const auto sink = std::make_shared<RememberingSink>();
    const Logger logger = Logger(sink, "Baton").named("Pool").with("chain", "1");
    logger.warn("slow", {{"ms", "7"}});
    EXPECT_EQ(sink->line, "2 Baton.Pool slow chain=1 ms=7");
    Logger().error("dropped");
}

}  // namespace
}  // namespace baton
