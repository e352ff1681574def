#include "baton/api/router.hpp"

#include <stdexcept>

namespace baton::api {

namespace {

/// "/a/b" gives "a", "b"; "/a/" gives "a", "".
std::vector<std::string_view> split(std::string_view path) {
    std::vector<std::string_view> segments;
    if (path.starts_with('/')) path.remove_prefix(1);
    for (;;) {
        const auto slash = path.find('/');
        segments.push_back(path.substr(0, slash));
        if (slash == std::string_view::npos) return segments;
        path.remove_prefix(slash + 1);
    }
}

bool matches(const std::vector<std::string_view>& pattern, const std::vector<std::string_view>& path) {
    if (pattern.size() != path.size()) return false;
    for (std::size_t i = 0; i < path.size(); ++i) {
        const bool fits = pattern[i].starts_with(':') ? !path[i].empty() : pattern[i] == path[i];
        if (!fits) return false;
    }
    return true;
}

}  // namespace

const std::string& RequestContext::parameter(std::string_view name) const {
    for (const auto& [parameter, value] : parameters) {
        if (parameter == name) return value;
    }
    throw std::logic_error("the route has no parameter " + std::string(name));
}

std::string other_form(std::string_view path) {
    return path.ends_with('/') ? std::string(path.substr(0, path.size() - 1)) : std::string(path) + '/';
}

Router::Router(std::vector<Route> routes) {
    for (const auto& route : routes)
        entries_.push_back({route, split(route.pattern)});
}

std::optional<Router::Match> Router::find(std::string_view method, std::string_view path) const {
    const auto segments = split(path);
    for (const auto& entry : entries_) {
        if (entry.route.method != method || !matches(entry.segments, segments)) continue;
        Match match;
        match.route = &entry.route;
        for (std::size_t i = 0; i < segments.size(); ++i) {
            if (entry.segments[i].starts_with(':'))
                match.parameters.emplace_back(entry.segments[i].substr(1), segments[i]);
        }
        return match;
    }
    return std::nullopt;
}

bool Router::has_other_form(std::string_view method, std::string_view path) const {
    return path.size() > 1 && find(method, other_form(path));
}

}  // namespace baton::api
