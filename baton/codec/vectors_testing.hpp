#pragma once

#include "baton/base/error.hpp"
#include "baton/codec/json.hpp"
#include "baton/codec/vector_value.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>

namespace baton::codec {

// Replays the cases of reference/pipeline-cases.json that concern this folder alone. Cases that need tasks,
// variables or hashes are replayed by tests/compat.

inline std::string cases_path() {
    const char* shared = std::getenv("BATON_SHARED_DIR");
    const std::string directory = shared != nullptr ? shared : BATON_SOURCE_DIR "/../shared";
    return directory + "/reference/pipeline-cases.json";
}

/// Null if the file is not there.
inline const Value& all_cases() {
    static const Value cases = [] {
        const std::ifstream file(cases_path());
        std::ostringstream text;
        text << file.rdbuf();
        return file ? read_json(text.str()) : Value();
    }();
    return cases;
}

inline std::string lower(std::string text) {
    std::ranges::transform(text, text.begin(), [](unsigned char c) { return std::tolower(c); });
    return text;
}

inline const Value& need(const Value& object, std::string_view key) {
    const Value* value = member(object, key);
    if (value == nullptr) throw std::runtime_error("case without " + std::string(key));
    return *value;
}

/// The value of the first input.
inline Value input_of(const Value& test_case) {
    return read_vector_value(*at(test_case, {"inputs", "0", "value"}));
}

inline std::string param(const Value& test_case, std::string_view name) {
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

}  // namespace baton::codec
