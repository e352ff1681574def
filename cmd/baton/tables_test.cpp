#include "cmd/baton/tables.hpp"
#include "cmd/baton/json_text.hpp"

#include <gtest/gtest.h>

namespace baton::cli {
namespace {

TEST(BoxTable, JobsAsInTheReference) {
    BoxTable table("Jobs (V2)", {"ID", "Name", "Type", "Tasks", "Created At"});
    table.merge_equal_cells();
    table.add_row({"1", "example job", "fluxmonitor", "ds1 http", "2021-01-01T00:00:00Z"});
    table.add_row({"1", "example job", "fluxmonitor", "ds1_parse jsonparse", "2021-01-01T00:00:00Z"});
    EXPECT_EQ(table.render(), R"(╔ Jobs (V2)
╬════╬═════════════╬═════════════╬═════════════════════╬══════════════════════╬
║ ID ║    NAME     ║    TYPE     ║        TASKS        ║      CREATED AT      ║
╬════╬═════════════╬═════════════╬═════════════════════╬══════════════════════╬
║  1 ║ example job ║ fluxmonitor ║ ds1 http            ║ 2021-01-01T00:00:00Z ║
╬    ╬             ╬             ╬═════════════════════╬                      ╬
║    ║             ║             ║ ds1_parse jsonparse ║                      ║
╬════╬═════════════╬═════════════╬═════════════════════╬══════════════════════╬
)");
}

TEST(BoxTable, EmptyIsTheHeaderBlock) {
    EXPECT_EQ(BoxTable("Bridges", {"Name", "URL"}).render(), R"(╔ Bridges
╬══════╬═════╬
║ NAME ║ URL ║
╬══════╬═════╬
)");
}

TEST(BoxTable, JobsAreClosedEvenWhenThereAreNone) {
    BoxTable table("Jobs (V2)", {"ID", "Name"});
    table.merge_equal_cells();
    EXPECT_EQ(table.render(), R"(╔ Jobs (V2)
╬════╬══════╬
║ ID ║ NAME ║
╬════╬══════╬
╬════╬══════╬
)");
}

TEST(BoxTable, LongCellsAreWrappedAndNumbersStandRight) {
    BoxTable table("T", {"A", "B"});
    table.add_row({"one two three four five six seven", "-1.5"});
    table.add_row({"ü", "x"});
    EXPECT_EQ(table.render(), R"(╔ T
╬════════════════════════════════╬══════╬
║               A                ║  B   ║
╬════════════════════════════════╬══════╬
║ one two three four five six    ║ -1.5 ║
║ seven                          ║      ║
╬════════════════════════════════╬══════╬
║ ü                              ║ x    ║
╬════════════════════════════════╬══════╬
)") << "30 columns, although no line needs them; see wrap_words for the lines";
}

TEST(BoxTable, LinesOfACellWrapAtItsWidestOne) {
    BoxTable table("T", {"A"});
    table.add_row({"aa bb\ncc dddd"});
    EXPECT_EQ(table.render(), R"(╔ T
╬═════════╬
║    A    ║
╬═════════╬
║ aa bb   ║
║ cc dddd ║
╬═════════╬
)");
}

TEST(WrapWords, KeepsTheEndsEven) {
    using Lines = std::vector<std::string>;
    EXPECT_EQ(wrap_words("", 30), Lines{""});
    EXPECT_EQ(wrap_words("short", 30), Lines{"short"});
    EXPECT_EQ(wrap_words("aaa bb cc ddddd", 6), (Lines{"aaa", "bb cc", "ddddd"}));
    EXPECT_EQ(wrap_words("incomprehensibilities a b c d", 5), (Lines{"incomprehensibilities", "a b c d"}));
    EXPECT_EQ(wrap_words("a\nb", 30), Lines{"a b"});
}

TEST(RenderList, LabelsArePadded) {
    EXPECT_EQ(render_list({"ID", "Peer ID"}, {{"12D3", "p2p_12D3"}, {"1", "2"}}),
              "-----------------\n"
              "ID:      12D3\n"
              "Peer ID: p2p_12D3\n"
              "-----------------\n"
              "ID:      1\n"
              "Peer ID: 2");
    EXPECT_EQ(render_list({"ID"}, {}), "\n");
}

TEST(DisplayWidth, CountsColumns) {
    EXPECT_EQ(display_width("abc"), 3);
    EXPECT_EQ(display_width("grüße"), 5);
    EXPECT_EQ(display_width("🔑"), 2);
    EXPECT_EQ(display_width("\x1b[32mok\x1b[0m"), 2);
    EXPECT_EQ(display_width("\xff"), 1);
}

TEST(IndentJson, LooksLikeGo) {
    EXPECT_EQ(indent_json(R"({"a":[1,{"b":"x,\"{<"}],"c":{},"d":[],"e":null})"), R"({
  "a": [
    1,
    {
      "b": "x,\"{\u003c"
    }
  ],
  "c": {},
  "d": [],
  "e": null
})");
    EXPECT_EQ(indent_json("[]"), "[]");
}

TEST(JsonElements, AreTheTextsBetweenTheCommas) {
    using Texts = std::vector<std::string>;
    EXPECT_EQ(json_elements(R"([{"a":[1,2]}, "x,\"]" ,3])"), (Texts{R"({"a":[1,2]})", R"( "x,\"]" )", "3"}));
    EXPECT_EQ(json_elements("[ ]"), Texts{});
    EXPECT_EQ(json_elements("[[]]"), Texts{"[]"});
}

}  // namespace
}  // namespace baton::cli
