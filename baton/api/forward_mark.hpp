#pragma once

#include "baton/base/uuid.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace baton::api {

/// On a call that one instance passes on to the leader: "<epoch> <key> <MAC>". Never passed on again.
inline constexpr const char* forward_header = "X-Baton-Forwarded";
/// On the answer to such a call when nothing was done with it, because whoever got it does not lead.
inline constexpr const char* not_done_header = "X-Baton-Not-Done";

/// Says that a call comes from another instance, which has looked at its origin and its rate, and which key
/// it was given by whoever received it first.
struct ForwardMark {
    std::int64_t epoch = 0;
    std::string key;
};

/// `token` is the leader's of that epoch: new at each takeover and known only to who may read the own schema,
/// so a mark is neither made by strangers nor good for the next leader. It never leaves: the header has an
/// HMAC of the call's first line under it.
std::string write_forward_mark(const ForwardMark& mark, const Uuid& token, std::string_view method,
                               std::string_view target);
/// Nothing unless it was made for that epoch, token and call.
std::optional<ForwardMark> read_forward_mark(std::string_view header, std::int64_t epoch, const Uuid& token,
                                             std::string_view method, std::string_view target);

}  // namespace baton::api
