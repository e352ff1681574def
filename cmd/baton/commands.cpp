#include "cmd/baton/commands.hpp"

#include "baton/base/unreadable.hpp"
#include "cmd/baton/failure.hpp"

#include <ostream>

namespace baton::cli {

namespace {

std::string in_home(const std::string& path, const Surroundings& surroundings) {
    if (!path.starts_with("~/")) return path;
    return surroundings.environment("HOME").value_or("") + path.substr(1);
}

/// TOML mode is not there yet; ignoring it would run a node with other settings than those asked for.
void refuse_toml_mode(const FlagValues& flags, const Surroundings& surroundings) {
    if (flags.is_set("config") || surroundings.environment("CL_CONFIG")) {
        throw PlainFailure(
            "configuration by TOML (--config, CL_CONFIG) is not supported by this version of Baton: use the "
            "environment "
            "variables of v1.11.0");
    }
    if (flags.is_set("secrets"))
        throw PlainFailure("secrets file must not be used without a core config file");
}

/// The value of a deprecated variable, which wins over the option; says so once per run.
std::optional<std::string> deprecated(const Surroundings& surroundings, const std::string& name,
                                      const std::string& flag) {
    auto value = surroundings.environment(name);
    if (value && value->empty()) return std::nullopt;
    if (value) *surroundings.err << name << " is deprecated: use " << flag << '\n';
    return value;
}

std::optional<Globals::Credentials> load_credentials(const std::string& file,
                                                     const Surroundings& surroundings) {
    if (file.empty()) return std::nullopt;
    const auto content = read_file(in_home(file, surroundings));
    if (!content) return std::nullopt;
    auto credentials = read_credentials(*content);
    if (!credentials) {
        throw PlainFailure("failed to load API credentials from file " + file +
                           ": malformed API credentials file does not have at least two lines at " + file);
    }
    return credentials;
}

std::vector<Flag> global_flags() {
    return {
        {{"json", "j"}, "print JSON instead of tables", Flag::Kind::boolean, ""},
        {{"admin-credentials-file"},
         "`FILE` with e-mail and password on two lines: a command that is not logged in logs in with them",
         Flag::Kind::text,
         ""},
        {{"remote-node-url"},
         "base `URL` of the node that commands talk to",
         Flag::Kind::text,
         "http://localhost:6688"},
        {{"insecure-skip-verify"}, "accept any TLS certificate of the node", Flag::Kind::boolean, ""},
        {{"config", "c"}, "TOML configuration `FILE`; not supported by this version", Flag::Kind::texts, ""},
        {{"secrets", "s"}, "TOML secrets `FILE`; not supported by this version", Flag::Kind::text, ""},
    };
}

Command database_commands(const NodeFunctions& functions) {
    Command stop;
    stop.name = "stop";
    stop.usage = "End the private PostgreSQL of this RootDir";
    stop.action = [stop_database = functions.stop_database](Invocation&) { return stop_database(); };
    Command group;
    group.name = "db";
    group.usage = "Commands for the private database, used without DATABASE_URL";
    group.subcommands = {std::move(stop)};
    return group;
}

}  // namespace

Globals read_globals(const FlagValues& flags, const Surroundings& surroundings) {
    refuse_toml_mode(flags, surroundings);
    Globals globals;
    globals.json = flags.boolean("json");
    globals.remote_url = flags.text("remote-node-url");
    if (auto url = deprecated(surroundings, "CLIENT_NODE_URL", "--remote-node-url"))
        globals.remote_url = *std::move(url);
    auto file = flags.text("admin-credentials-file");
    if (auto other = deprecated(surroundings, "ADMIN_CREDENTIALS_FILE", "--admin-credentials-file"))
        file = *std::move(other);
    globals.credentials = load_credentials(file, surroundings);
    const auto insecure = deprecated(surroundings, "INSECURE_SKIP_VERIFY", "--insecure-skip-verify");
    globals.verify_tls = !flags.boolean("insecure-skip-verify") && insecure != "true";
    if (!globals.verify_tls)
        *surroundings.err << "TLS certificates are not verified (--insecure-skip-verify)\n";
    return globals;
}

Command command_tree(NodeFunctions functions) {
    Command root;
    root.usage = "CLI for Chainlink";
    root.flags = global_flags();
    root.subcommands = {admin_commands(functions),
                        bridge_commands(),
                        job_commands(),
                        key_commands(),
                        node_commands(functions),
                        ha_commands(),
                        doctor_command(functions),
                        database_commands(functions)};
    return root;
}

std::string text_or_file(const std::string& argument, const std::string& kind,
                         const Surroundings& surroundings,
                         const std::function<bool(const std::string&)>& is_text) {
    if (is_text(argument)) return argument;
    const auto path = in_home(argument, surroundings);
    std::error_code fault;
    if (!std::filesystem::exists(path, fault))
        throw Failure("invalid " + kind + " or file not found '" + argument + "'");
    auto content = read_file(path);
    if (!content) throw Failure("error reading from file '" + argument + "': " + why_unreadable(path));
    return *std::move(content);
}

}  // namespace baton::cli
