#include "baton/codec/dot.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace baton::codec {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

/// "a<-b!,c?" : node a with explicit input b and implied input c.
std::vector<std::string> shape(const DotGraph& graph) {
    std::vector<std::string> lines;
    for (const DotNode& node : graph.nodes) {
        std::string line = node.dot_id;
        for (const DotInput& input : node.inputs)
            line += " <" + graph.nodes[input.from].dot_id + (input.propagate ? "" : "?");
        lines.push_back(line);
    }
    return lines;
}

std::vector<std::string> shape_of(std::string_view text) {
    return shape(parse_dot(text));
}

std::string value_of(std::string_view text) {
    const DotGraph graph = parse_dot(text);
    const std::string* value = graph.nodes.at(0).attribute("v");
    return value == nullptr ? "no value" : *value;
}

std::string error_of(std::string_view text) {
    try {
        parse_dot(text);
    } catch (const DotError& error) {
        return error.what();
    }
    return "no error";
}

const std::string syntax = "could not unmarshal DOT into a pipeline.Graph: ";

TEST(Dot, CommentsStopAtTheEndOfTheText) {
    EXPECT_THAT(shape_of("// only\n# comments"), ElementsAre());
    EXPECT_THAT(shape_of("a [v=\"# // /* no comment\"] /* b -> c */ # last"), ElementsAre("a"));
    EXPECT_EQ(error_of("a /* b"), syntax + "line 1, column 3: this comment does not end");
}

TEST(Dot, NumeralsEndWhereLettersBegin) {
    EXPECT_THAT(shape_of("1a"), ElementsAre("1", "a"));
    EXPECT_THAT(shape_of("1e5 -1.5.2 .5 3."), ElementsAre("1", "e5", "-1.5", ".2", ".5", "3."));
    EXPECT_THAT(shape_of("a--1"), ElementsAre("a", "1 <a"));
    EXPECT_THAT(error_of("-"), StartsWith(syntax));
    EXPECT_THAT(error_of("."), StartsWith(syntax));
}

TEST(Dot, OnlySomeSpellingsAreKeywords) {
    EXPECT_THAT(shape_of("nOde; SUBgraph; strIct"), ElementsAre("nOde", "SUBgraph", "strIct"));
    EXPECT_THAT(shape_of("NODE [x=1] Edge [y=2] GRAPH [z=3] SubGraph q {a}"), ElementsAre("a"));
    EXPECT_THAT(error_of("node"), HasSubstr("expected '['"));
    EXPECT_THAT(error_of("digraph { a }"), StartsWith(syntax));
}

TEST(Dot, EscapesThatGoRefusesKeepTheQuotes) {
    EXPECT_EQ(value_of(R"(a [v="\x41\102\u00e9\U0001F600\n"])"), "AB\xC3\xA9\xF0\x9F\x98\x80\n");
    EXPECT_EQ(value_of(R"(a [v="\xff"])"), "\xff");
    EXPECT_EQ(value_of(R"(a [v="\ud800"])"), R"("\ud800")");
    EXPECT_EQ(value_of(R"(a [v="\777"])"), R"("\777")");
    EXPECT_EQ(value_of(R"(a [v="\x4"])"), R"("\x4")");
    EXPECT_EQ(value_of(R"(a [v="\$x"])"), R"("\$x")");
    EXPECT_EQ(value_of("a [v=\"x\ny\"]"), "\"x\ny\"");
    EXPECT_EQ(value_of("a [v=\"x\\\ny\"]"), "xy");
    EXPECT_EQ(value_of("a [v=\"\xff\"]"), "\xEF\xBF\xBD");
}

TEST(Dot, BracketsAreStrippedOnce) {
    EXPECT_EQ(value_of("a [v=<{\"a\":\n 1}>]"), "{\"a\":\n 1}");
    EXPECT_EQ(value_of("a [v=<<x>>]"), "<<x>>");
    EXPECT_EQ(value_of("a [v=\"\\t<x>\\n\"]"), "x");
    EXPECT_THAT(error_of("a [v=<a<b<c>>>]"), HasSubstr("nests too deep"));
    EXPECT_THAT(error_of("a [v=<a<b>]"), HasSubstr("does not end"));
}

TEST(Dot, BlocksConnectOnlyWhatTheyMentionFirst) {
    EXPECT_THAT(shape_of("{a b} -> c"), ElementsAre("a", "b", "c <a <b"));
    EXPECT_THAT(shape_of("a; b; {a b} -> c"), ElementsAre("a", "b", "c"));
    EXPECT_THAT(shape_of("a; {a b} -> {b c} -> d"), ElementsAre("a", "b", "c <b", "d <c"));
    EXPECT_THAT(shape_of("{a {b {c}}} -> d"), ElementsAre("a", "b", "c", "d <a <b <c"));
    EXPECT_THAT(shape_of("{a -> b} -> c"), ElementsAre("a", "b <a", "c <a <b"));
    EXPECT_THAT(shape_of("subgraph s {a; b;}; subgraph {c}"), ElementsAre("a", "b", "c"));
}

TEST(Dot, SelfEdgesAreRefusedFromTheRight) {
    EXPECT_EQ(error_of("s->s"), syntax + "panic setting edge: simple: adding self edge");
    EXPECT_EQ(error_of("a->s->s"), syntax + "simple: adding self edge");
    EXPECT_EQ(error_of("s->s->s"), syntax + "simple: adding self edge");
    EXPECT_EQ(error_of("s->s->t"), syntax + "panic setting edge: simple: adding self edge");
    EXPECT_THAT(error_of("s->s; ]"), HasSubstr("unexpected ']'"));
}

TEST(Dot, ClosingTheWrapperOpensAnotherGraph) {
    EXPECT_EQ(error_of("a } digraph { b"), syntax + "invalid number of graphs; expected 1, got 2");
    EXPECT_EQ(error_of("a } strict graph g { b } digraph {"),
              syntax + "invalid number of graphs; expected 1, got 3");
    EXPECT_EQ(error_of("s -> s } digraph {"), syntax + "panic setting edge: simple: adding self edge");
}

TEST(Dot, EveryAttributeOfEveryNodeMayImplyAnEdge) {
    EXPECT_THAT(shape_of(R"x(b; a [x="$( b ) $(c.d.e)" type="$(d)"]; c; d)x"),
                ElementsAre("b", "c", "d", "a <b? <c? <d?"));
    EXPECT_THAT(shape_of(R"x(b; a [x="$(b-c) $b $(b $( $(b!)"])x"), ElementsAre("b", "a"));
    EXPECT_THAT(shape_of(R"x(b; a [x="$( $(b)"])x"), ElementsAre("b", "a <b?"));
    EXPECT_THAT(shape_of("b; \"b\"; a [x=\"$(b)\"]"), ElementsAre("b", "b", "a <b? <b?"));
    EXPECT_THAT(shape_of("a [x=\"$(b)\"]; b -> a; b -> a"), ElementsAre("b", "a <b"));
    EXPECT_THAT(shape_of("a [x=\"$(a)\"]"), ElementsAre("a"));
}

TEST(Dot, CyclesNameTheirNodes) {
    const std::string prefix =
        "Unable to topologically sort the graph, cycle detected: topo: no topological ordering: ";
    EXPECT_EQ(error_of("a->b->a; c->d->e->c; x"), prefix + "cyclic components: [[a b] [c d e]]");
    std::string ring = "n0";
    for (int i = 1; i <= 11; ++i)
        ring += "->n" + std::to_string(i % 11);
    EXPECT_EQ(error_of(ring), prefix + "11 nodes in 1 cyclic components");
}

TEST(Dot, ErrorsNameThePlaceInTheUsersText) {
    EXPECT_EQ(error_of("a [type=memo]\n  @"), syntax + "line 2, column 3: unexpected character '@'");
    EXPECT_EQ(error_of("a [type]"), syntax + "line 1, column 8: unexpected ']', expected '='");
    EXPECT_EQ(error_of("a;;"), syntax + "line 1, column 3: unexpected ';', expected a task, an edge or '}'");
    EXPECT_EQ(error_of("a [v=1,,w=2]"),
              syntax + "line 1, column 8: unexpected ',', expected an attribute or ']'");
}

TEST(Dot, LongAndDeepTextsAreBounded) {
    std::string chain = "n0";
    for (int i = 1; i < 50'000; ++i)
        chain += "->n" + std::to_string(i);
    EXPECT_EQ(parse_dot(chain).nodes.size(), 50'000U);

    EXPECT_THAT(error_of(std::string(100'000, '{')), HasSubstr("nest too deep"));

    std::string many = "{";
    std::string others = "} -> {";
    for (int i = 0; i < 400; ++i) {
        many += "a" + std::to_string(i) + " ";
        others += "b" + std::to_string(i) + " ";
    }
    EXPECT_THAT(error_of(many + others + "}"), HasSubstr("more than 100000 edges"));
}

}  // namespace
}  // namespace baton::codec
