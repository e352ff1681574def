#include "mutator.hpp"

#include <algorithm>

namespace baton::fuzz {

namespace {

constexpr std::size_t longest_input = 4096;
constexpr std::size_t most_changes = 8;

}  // namespace

std::string Mutator::next() {
    std::string text = corpus_[below(corpus_.size())];
    for (auto changes = below(most_changes) + 1; changes > 0; --changes)
        change(text);
    if (text.size() > longest_input) text.resize(longest_input);
    return text;
}

void Mutator::change(std::string& text) {
    const auto at = below(text.size() + 1);
    const auto length = below(std::min<std::size_t>(text.size() - at, 32) + 1);
    switch (below(7)) {
        case 0:
            if (at < text.size()) text[at] = static_cast<char>(text[at] ^ (1 << below(8)));
            break;
        case 1:
            if (at < text.size()) text[at] = static_cast<char>(engine_());
            break;
        case 2:
            text.erase(at, length);
            break;
        case 3:
            text.insert(at, text.substr(at, length));
            break;
        case 4:
            text.insert(at, target_.words[below(target_.words.size())]);
            break;
        case 5:
            text.replace(at, length, target_.words[below(target_.words.size())]);
            break;
        default: {
            const auto& other = corpus_[below(corpus_.size())];
            const auto from = below(other.size() + 1);
            text.replace(at, length, other.substr(from, below(64)));
        }
    }
}

}  // namespace baton::fuzz
