#pragma once

#include "cmd/baton/invocation.hpp"
#include "cmd/baton/rendering.hpp"

#include <string>
#include <vector>

namespace baton::cli {

/// The page of a list that --page names. An error that the node answers with is thrown as PlainFailure, as
/// v1.11.0 returns it; that nobody is logged in, or nobody answered, as Failure.
std::vector<Resource> fetch_page(const Invocation& invocation, const std::string& path);

}  // namespace baton::cli
