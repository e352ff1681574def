#pragma once

#include "baton/async/loop.hpp"
#include "baton/net/http_client.hpp"
#include "vector_checks.hpp"
#include "vector_environment.hpp"

#include <optional>
#include <string>

namespace baton::compat {

/// What cases run with.
struct VectorWorld {
    async::Loop& loop;
    net::HttpClient& http;
    StubServer& server;
};

// Each runs the case if it is of its group and gives true; false: not of the group.

/// param.*
bool run_param_case(const VectorCase& vector, Checks& checks);
/// vars.*, keypath, getter.*, checkinputs, cbor.*, abi.*, json.*, decimal.*, duration.parse, backoff,
/// chain.gaslimit, resume, hex.tryparse, run.stringoutput, run.status, run.errors, vrf.*
bool run_helper_case(const VectorCase& vector, Checks& checks, VectorWorld& world);
/// parse, run, scheduler
bool run_graph_case(const VectorCase& vector, Checks& checks, VectorWorld& world);
/// Every task type that this version runs.
bool run_task_case(const VectorCase& vector, Checks& checks, VectorWorld& world);

/// The task kind that keeps the case from running in this version; nothing when it can run.
std::optional<std::string> missing_kind(const VectorCase& vector);

/// Compares `requests` (section 1) with what the stub server saw.
void check_requests(Checks& checks, const StubServer& server);

}  // namespace baton::compat
