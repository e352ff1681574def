#include "baton/base/unreadable.hpp"
#include "baton/codec/json.hpp"
#include "cmd/baton/client.hpp"
#include "cmd/baton/commands.hpp"
#include "cmd/baton/failure.hpp"
#include "cmd/baton/terminal.hpp"

#include <ostream>

namespace baton::cli {

namespace {

Globals::Credentials ask_credentials(const Invocation& invocation) {
    Globals::Credentials credentials;
    credentials.email = ask(invocation, "Enter email: ");
    credentials.password = ask_hidden(invocation, "Enter password: ");
    return credentials;
}

Globals::Credentials credentials_for_login(const Invocation& invocation) {
    const auto file = invocation.flags().text("file");
    if (file.empty()) return ask_credentials(invocation);
    const auto content = read_file(file);
    if (!content) throw Failure(why_unreadable(file));
    auto credentials = read_credentials(*content);
    if (!credentials)
        throw Failure("malformed API credentials file does not have at least two lines at " + file);
    return *std::move(credentials);
}

/// The difference between this program and the node; empty when both were built from the same commit. Throws
/// Failure when the node does not tell.
std::string build_mismatch(Client& client, const NodeFunctions& functions) {
    const auto answer = codec::read_json(client.fetch("GET", "/v2/build_info"));
    const auto version = codec::string_or(answer, "version");
    const auto commit = codec::string_or(answer, "commitSHA");
    // Two builds without a commit are taken for the same one: there is nothing that could tell them apart.
    if (version == functions.version && commit == functions.commit && !version.empty()) return "";
    return "CLI build (" + functions.version + "@" + functions.commit + ") mismatches remote node build (" +
           version + "@" + commit + ")";
}

void check_build(Invocation& invocation, Client& client, const NodeFunctions& functions) {
    std::string mismatch;
    try {
        mismatch = build_mismatch(client, functions);
    } catch (const Error& error) {
        invocation.err() << "could not compare versions with the remote node: " << error.what() << '\n';
        return;
    }
    if (mismatch.empty()) return;
    if (invocation.flags().boolean("bypass-version-check")) {
        invocation.err() << mismatch << "\n";
        return;
    }
    client.forget_login();
    throw Failure("error: " + mismatch + ". You can set flag --bypass-version-check to bypass this");
}

int login(Invocation& invocation, const NodeFunctions& functions) {
    const auto credentials = credentials_for_login(invocation);
    Client client(invocation);
    client.login(credentials);
    check_build(invocation, client, functions);
    invocation.out() << "Successfully Logged In.\n";
    return 0;
}

int logout(Invocation& invocation) {
    Client client(invocation);
    client.send("DELETE", "/sessions");
    client.forget_login();
    return 0;
}

}  // namespace

Command admin_commands(const NodeFunctions& functions) {
    Command group;
    group.name = "admin";
    group.usage = "Log in to a running node and out again";
    group.subcommands = {
        {"login",
         {},
         "Log in and keep the session's cookie in RootDir",
         {{{"file", "f"}, "`FILE` with e-mail and password on two lines", Flag::Kind::text, ""},
          {{"bypass-version-check"},
           "log in although the node was built from another commit",
           Flag::Kind::boolean,
           ""}},
         {},
         [functions](Invocation& invocation) { return login(invocation, functions); }},
        {"logout", {}, "End the session and forget its cookie", {}, {}, logout},
    };
    return group;
}

}  // namespace baton::cli
