#include "baton/codec/toml.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace baton::codec {
namespace {

using testing::ElementsAre;
using testing::StartsWith;

std::string error_of(std::string_view text) {
    try {
        read_toml(text);
    } catch (const TomlError& error) {
        return error.what();
    }
    return "no error";
}

constexpr std::string_view job = R"(type            = "directrequest"
schemaVersion   = 1
evmChainID      = 4
maxTaskDuration = "10s"
contractAddress = "0x613a38AC1659769640aaE063C651F48E0250454C"
threshold       = 0.5
drift           = 1e21
forwarding      = false
requesters      = ["0xaaa", "0xbbb"]
created         = 2022-01-01T10:00:00Z
observationSource = """
    ds [type=http
        url="http://x"];
"""
[relayConfig]
chainID = 1337
)";

TEST(Toml, MembersKeepKindsOrderAndPlaces) {
    const TomlTable table = read_toml(job);
    std::vector<std::string> keys;
    for (const auto& [key, value] : table.members())
        keys.push_back(key + ":" + value.kind());
    EXPECT_THAT(keys, ElementsAre("type:string", "schemaVersion:integer", "evmChainID:integer",
                                  "maxTaskDuration:string", "contractAddress:string", "threshold:float",
                                  "drift:float", "forwarding:boolean", "requesters:array", "created:datetime",
                                  "observationSource:string", "relayConfig:table"));
    EXPECT_EQ(*table.get("schemaVersion")->get_if<std::int64_t>(), 1);
    EXPECT_EQ(table.get("contractAddress")->position().to_string(), "(5, 1)");
    EXPECT_EQ(*table.get("observationSource")->get_if<std::string>(),
              "    ds [type=http\n        url=\"http://x\"];\n");
    const auto* nested = table.get("relayConfig")->get_if<TomlTable>();
    ASSERT_NE(nested, nullptr);
    EXPECT_EQ(nested->get("chainID")->position().to_string(), "(16, 1)");
}

TEST(Toml, ScalarsAsTextForTypesThatParseThemselves) {
    const TomlTable table = read_toml(job);
    EXPECT_EQ(table.get("evmChainID")->scalar_text(), "4");
    EXPECT_EQ(table.get("threshold")->scalar_text(), "0.5");
    EXPECT_EQ(table.get("drift")->scalar_text(), "1e+21");
    EXPECT_EQ(table.get("forwarding")->scalar_text(), "false");
    EXPECT_EQ(table.get("created")->scalar_text(), "2022-01-01T10:00:00Z");
    EXPECT_EQ(table.get("requesters")->scalar_text(), std::nullopt);
}

TEST(Toml, FieldsAreFoundInFourSpellings) {
    const TomlTable table = read_toml("evmchainid = 1\nNAME = 2\npollPeriod = 3\ngasLimit = 4\ngaslimit = 5");
    EXPECT_EQ(table.find("evmChainID")->scalar_text(), "1");
    EXPECT_EQ(table.find("Name")->scalar_text(), "2");
    EXPECT_EQ(table.find("PollPeriod")->scalar_text(), "3");
    EXPECT_EQ(table.find("gasLimit")->scalar_text(), "4");
    EXPECT_EQ(read_toml("evmChainId = 1").find("evmChainID"), nullptr);
}

TEST(Toml, ErrorsNameLineAndColumn) {
    EXPECT_THAT(error_of("a = 1\nb = "), StartsWith("(2, "));
    EXPECT_THAT(error_of("a = 1\na = 2"), StartsWith("(2, "));
    EXPECT_THAT(error_of("type 1"), StartsWith("(1, "));
    EXPECT_THAT(error_of("a = \"\xff\""), StartsWith("(1, "));
    EXPECT_NE(error_of("a = " + std::string(100'000, '[')), "no error");
    EXPECT_EQ(error_of(""), "no error");
}

}  // namespace
}  // namespace baton::codec
