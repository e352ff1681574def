#include "baton/crypto/password.hpp"

#include <algorithm>
#include <cctype>

namespace baton::crypto {

namespace {

constexpr std::size_t shortest = 16;

bool is_space(char c) {
    return std::isspace(static_cast<unsigned char>(c)) != 0;
}

bool contains_any_case(const std::string& text, const std::string& part) {
    const auto same = [](char a, char b) {
        return std::tolower(static_cast<unsigned char>(a)) == std::tolower(static_cast<unsigned char>(b));
    };
    return std::search(text.begin(), text.end(), part.begin(), part.end(), same) != text.end();
}

}  // namespace

std::optional<std::string> password_faults(const Secret& password,
                                           const std::vector<std::string>& disallowed) {
    const std::string& text = password.reveal();
    std::string faults;
    if (!text.empty() && (is_space(text.front()) || is_space(text.back()))) {
        faults += "\tpassword contains a leading or trailing whitespace\n";
    }
    if (text.size() < shortest) faults += "\tpassword is less than 16 characters long\n";
    for (const auto& part : disallowed) {
        if (!part.empty() && contains_any_case(text, part)) {
            faults += "\tpassword may not contain: \"" + part + "\"\n";
        }
    }
    if (faults.empty()) return std::nullopt;
    return "\nExpected password complexity:\nMust be at least 16 characters long\nMust not comprise:\n"
           "\tLeading or trailing whitespace\n\tA user's API email\n\nFaults:\n" +
           faults;
}

}  // namespace baton::crypto
