#pragma once

#include "baton/base/error.hpp"

#include <array>
#include <string>
#include <string_view>
#include <utility>

namespace baton::model {

/// Both directions between an enum and the texts of the database, from one table per enum.
template <typename E, std::size_t N>
struct EnumNames {
    std::string_view what;
    std::array<std::pair<E, std::string_view>, N> names;

    std::string name(E value) const {
        for (const auto& [one, text] : names) {
            if (one == value) return std::string(text);
        }
        throw Error(std::string(what) + " has no name");
    }
    E parse(std::string_view text) const {
        for (const auto& [one, name] : names) {
            if (name == text) return one;
        }
        throw Error("unknown " + std::string(what) + " \"" + std::string(text) + "\"");
    }
};

}  // namespace baton::model
