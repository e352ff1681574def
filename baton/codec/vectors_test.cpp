// Replays the cases of reference/pipeline-cases.json that concern this folder alone. Cases that need tasks,
// variables or hashes are replayed by tests/compat.

#include "baton/codec/cbor.hpp"
#include "baton/codec/dot.hpp"
#include "baton/codec/json.hpp"
#include "baton/codec/vector_value.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>

namespace baton::codec {
namespace {

std::string cases_path() {
    const char* shared = std::getenv("BATON_SHARED_DIR");
    const std::string directory = shared != nullptr ? shared : BATON_SOURCE_DIR "/../shared";
    return directory + "/reference/pipeline-cases.json";
}

/// Null if the file is not there.
const Value& all_cases() {
    static const Value cases = [] {
        const std::ifstream file(cases_path());
        std::ostringstream text;
        text << file.rdbuf();
        return file ? read_json(text.str()) : Value();
    }();
    return cases;
}

std::string lower(std::string text) {
    std::ranges::transform(text, text.begin(), [](unsigned char c) { return std::tolower(c); });
    return text;
}

const Value& need(const Value& object, std::string_view key) {
    const Value* value = member(object, key);
    if (value == nullptr) throw std::runtime_error("case without " + std::string(key));
    return *value;
}

/// The value of the first input.
Value input_of(const Value& test_case) {
    return read_vector_value(*at(test_case, {"inputs", "0", "value"}));
}

std::string param(const Value& test_case, std::string_view name) {
    return string_or(need(test_case, "params"), name);
}

class Vectors : public testing::Test {
  protected:
    void SetUp() override {
        if (all_cases().is_null()) GTEST_SKIP() << "no file " << cases_path() << " (set BATON_SHARED_DIR)";
    }

    /// Calls `replay` with every case of the task; an exception of type Error is the case's outcome.
    template <typename F>
    void for_each_case(std::string_view task, F&& replay) {
        std::size_t count = 0;
        for (const Value& test_case : *all_cases().list_or_null()) {
            if (string_or(test_case, "task") != task) continue;
            SCOPED_TRACE(string_or(test_case, "id"));
            ++count;
            replay(test_case, need(test_case, "expect"));
        }
        EXPECT_GT(count, 0U) << task;
    }

    /// Compares the outcome of `read` with expect.value and expect.type, or its text with expect.error.
    template <typename F>
    void expect_value(const Value& expect, F&& read) {
        const bool fails = member(expect, "error_contains") != nullptr;
        try {
            const Value value = read();
            if (fails) {
                ADD_FAILURE() << describe(value) << ", expected error " << string_or(expect, "error");
            } else {
                EXPECT_EQ(vector_difference(value, read_vector_value(need(expect, "value"))), "");
                EXPECT_EQ(vector_kind(value), string_or(expect, "type"));
            }
        } catch (const Error& error) {
            EXPECT_EQ(error.what(), string_or(expect, "error", "no error"));
        }
    }
};

/// Finds the address in the expected text, whatever the case of its digits, because EIP-55 needs a hash.
ChecksumText checksum_from(std::string expected) {
    return [expected = std::move(expected)](const Address& address) {
        const std::string text = to_0x(address.view());
        const auto place = lower(expected).find(text);
        return place == std::string::npos ? text : expected.substr(place, text.size());
    };
}

TEST_F(Vectors, JsonRead) {
    for_each_case("json.read", [this](const Value& test_case, const Value& expect) {
        expect_value(expect, [&] { return read_json(param(test_case, "text")); });
    });
}

TEST_F(Vectors, JsonWrite) {
    for_each_case("json.write", [](const Value& test_case, const Value& expect) {
        const std::string text = string_or(expect, "json");
        EXPECT_EQ(write_stored_json(input_of(test_case), checksum_from(text)), text);
    });
}

void expect_same_attributes(const DotNode& node, const Value& task) {
    EXPECT_EQ(lower(*node.attribute("type")), string_or(task, "type"));
    for (const auto& [name, value] : *need(task, "attrs").map_or_null()) {
        const auto same_name = [&](const auto& attribute) { return lower(attribute.first) == lower(name); };
        const auto found = std::ranges::find_if(node.attributes, same_name);
        ASSERT_NE(found, node.attributes.end()) << name;
        if (const std::string* text = value.text_or_null()) {
            EXPECT_EQ(found->second, *text) << name;
        }
    }
}

void expect_same_edges(const DotGraph& graph, const DotNode& node, const Value& task) {
    const List& inputs = *need(task, "inputs").list_or_null();
    ASSERT_EQ(node.inputs.size(), inputs.size());
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        EXPECT_EQ(graph.nodes[node.inputs[i].from].dot_id, string_or(inputs[i], "from"));
        EXPECT_EQ(node.inputs[i].propagate, bool_or(inputs[i], "propagate", false));
    }
    const List& outputs = *need(task, "outputs").list_or_null();
    ASSERT_EQ(node.outputs.size(), outputs.size());
    for (std::size_t i = 0; i < outputs.size(); ++i)
        EXPECT_EQ(graph.nodes[node.outputs[i]].dot_id, *outputs[i].text_or_null());
}

TEST_F(Vectors, Parse) {
    for_each_case("parse", [](const Value& test_case, const Value& expect) {
        const std::string error = string_or(expect, "error", "no error");
        const std::string text = string_or(test_case, "pipeline");
        if (error.starts_with("could not unmarshal") || error.starts_with("Unable") ||
            error.starts_with("'input'")) {
            try {
                parse_dot(text);
                ADD_FAILURE() << "accepted";
            } catch (const DotError& refused) {
                EXPECT_NE(std::string(refused.what()).find(string_or(expect, "error_contains")),
                          std::string::npos)
                    << refused.what();
            }
            return;
        }
        const DotGraph graph = parse_dot(text);
        if (error != "no error") return;  // what attributes mean is the pipeline's
        const List& tasks = *need(expect, "tasks").list_or_null();
        ASSERT_EQ(graph.nodes.size(), tasks.size());
        for (std::size_t i = 0; i < tasks.size(); ++i) {
            EXPECT_EQ(int64_member(tasks[i], "id"), static_cast<std::int64_t>(i));
            EXPECT_EQ(graph.nodes[i].dot_id, string_or(tasks[i], "dot_id"));
            expect_same_attributes(graph.nodes[i], tasks[i]);
            expect_same_edges(graph, graph.nodes[i], tasks[i]);
        }
    });
}

}  // namespace
}  // namespace baton::codec
