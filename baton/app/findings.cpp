#include "baton/app/findings.hpp"

#include "baton/base/clock.hpp"
#include "baton/model/leadership_decision.hpp"

#include <algorithm>
#include <cstdlib>

namespace baton::app {

namespace {

using namespace std::chrono_literals;
using Level = Finding::Level;

/// Leases run out and logins expire by the server's clock, cron runs by this one.
constexpr std::chrono::milliseconds tolerable_skew = 2s;
/// Of an instance: three lock sessions, its pool when warm, suspicion, presence.
constexpr int sessions_of_an_instance = 12;

/// "pg_dump (PostgreSQL) 15.3", "15.3": 15; 0 when there is none.
int major_version(const std::string& text) {
    const auto digits = text.find_first_of("0123456789");
    return digits == std::string::npos ? 0 : std::atoi(text.c_str() + digits);
}

class Report {
  public:
    void ok(std::string check, std::string text) { add(Level::ok, std::move(check), std::move(text)); }
    void warning(std::string check, std::string text) {
        add(Level::warning, std::move(check), std::move(text));
    }
    void problem(std::string check, std::string text) {
        add(Level::problem, std::move(check), std::move(text));
    }
    std::vector<Finding> take() { return std::move(findings_); }

  private:
    void add(Level level, std::string check, std::string text) {
        findings_.push_back({level, std::move(check), std::move(text)});
    }
    std::vector<Finding> findings_;
};

void look_at_server(Report& report, const lease::Examination& found) {
    if (found.read_only) {
        report.problem(
            "database",
            "the server is a read-only replica: name the primary in DATABASE_URL, or all servers and "
            "target_session_attrs=read-write");
    } else {
        report.ok("database", "PostgreSQL " + found.server_version + ", database " + found.database +
                                  ", role " + found.role + ", round trip " +
                                  to_go_duration(found.round_trip));
    }
    if (found.session_locks_lost) {
        report.problem("pooler",
                       "a pooler gives each transaction another session, so locks do not hold: connect to "
                       "PostgreSQL itself, "
                       "or set pool_mode = session");
    } else if (found.pooler) {
        report.warning("pooler",
                       "a pooler stands between: it has to stay in session mode and pass a client's end on "
                       "at once, or a "
                       "takeover waits for it; connect to PostgreSQL itself");
    } else {
        report.ok("pooler", "none: sessions are PostgreSQL's own");
    }
    const auto skew = std::max(found.clock_skew, -found.clock_skew);
    const std::string text = "the server's clock differs from this machine's by " + to_go_duration(skew);
    if (skew > tolerable_skew) {
        report.warning(
            "clock",
            text + ": let both follow a time server; leadership does not depend on it, cron jobs do");
    } else {
        report.ok("clock", text);
    }
    if (found.free_connections < 2 * sessions_of_an_instance) {
        report.warning("connections",
                       std::to_string(found.free_connections) +
                           " connections are left: raise max_connections; an instance uses about " +
                           std::to_string(sessions_of_an_instance));
    } else {
        report.ok("connections", std::to_string(found.free_connections) + " are left");
    }
}

void look_at_rights(Report& report, const lease::Examination& found, const std::string& limit) {
    if (found.own_schema_exists ? found.may_use_own_schema : found.may_create_schema) {
        report.ok("schema", found.own_schema_exists ? "Baton's own schema is there"
                                                    : "the role may create Baton's own");
    } else {
        report.problem("schema", "role \"" + found.role + "\" may not " +
                                     (found.own_schema_exists
                                          ? "use Baton's own schema: GRANT ALL ON SCHEMA baton TO \""
                                          : "create a schema: CREATE SCHEMA baton AUTHORIZATION \"") +
                                     found.role + "\"");
    }
    if (!found.track_activities || !found.sees_sessions) {
        report.warning("activity",
                       "sessions cannot be seen (track_activities = off, or rights): a frozen leader is "
                       "replaced after " +
                           limit + "; set track_activities = on");
    } else {
        report.ok("activity", "the state of other instances' sessions can be seen");
    }
    if (found.pooler) return;
    if (found.may_terminate) {
        report.ok("termination", "the role may end sessions of its own");
    } else {
        report.warning("termination",
                       "the role may not end its own sessions: a frozen leader is replaced after " + limit +
                           "; all instances have to use one role, which is not a superuser's");
    }
}

void look_at_limits(Report& report, const lease::Examination& found, const std::string& limit) {
    if (!found.over_tcp) {
        report.ok("keep-alive", "the connection is local: its end is noticed at once");
    } else if (found.keep_alive) {
        report.ok("keep-alive", "the server probes silent clients");
    } else {
        report.warning("keep-alive",
                       "the server's system does not take tcp_keepalives_idle or tcp_user_timeout: a lost "
                       "host is noticed by "
                       "suspicion only");
    }
    if (!found.idle_limit)
        report.warning(
            "idle limit",
            "PostgreSQL before 14 has no idle_session_timeout: nothing ends the sessions of a frozen "
            "leader that nobody may end");
    else
        report.ok("idle limit", "the server ends idle lock sessions after " + limit);
    if (found.replicas > 0 && found.synchronous_replicas == 0) {
        report.warning("replication",
                       "there are replicas and none is synchronous: a failover of PostgreSQL may lose what "
                       "was committed; set "
                       "synchronous_standby_names");
    } else {
        report.ok("replication", found.replicas == 0
                                     ? "no replica is connected"
                                     : std::to_string(found.synchronous_replicas) + " synchronous");
    }
    if (found.synchronous_commit == "off" || found.synchronous_commit == "local") {
        report.warning("synchronous_commit", "it is " + found.synchronous_commit + " in this session");
    } else {
        report.ok("synchronous_commit", found.synchronous_commit);
    }
}

}  // namespace

Finding private_database_finding(PrivatePostgres::State state, const std::filesystem::path& data) {
    const std::string check = "private PostgreSQL";
    switch (state) {
        case PrivatePostgres::State::absent:
            return {Level::warning, check,
                    "there is none in " + data.string() +
                        ": the first start of a node makes it; to use another database set DATABASE_URL"};
        case PrivatePostgres::State::stopped:
            return {Level::problem, check,
                    "the one in " + data.string() + " does not run: start a node, which starts it"};
        case PrivatePostgres::State::running:
            break;
    }
    return {Level::ok, check,
            "it runs in " + data.string() +
                ", for all instances with this ROOT; instances on other machines need DATABASE_URL"};
}

Finding backup_finding(const BackupConfig& config, const std::string& obstacle,
                       const std::string& pg_dump_version, const std::string& server_version) {
    const std::string check = "backup";
    if (config.mode == BackupConfig::Mode::none)
        return {Level::ok, check, "the node makes none (DATABASE_BACKUP_MODE is none)"};
    if (!obstacle.empty()) return {Level::problem, check, obstacle};
    if (major_version(pg_dump_version) < major_version(server_version))
        return {Level::problem, check,
                "this machine has " + pg_dump_version + ", which refuses a server of version " +
                    server_version + ": install a postgresql-client that is not older than the server"};
    return {Level::ok, check,
            config.periodic() ? "the leader makes one every " + to_go_duration(config.frequency) + " in " +
                                    config.directory.string()
                              : "one is made before an upgrade, in " + config.directory.string()};
}

std::vector<Finding> database_findings(const lease::Examination& found,
                                       const lease::LeaseSettings& settings) {
    Report report;
    const auto limit = to_go_duration(settings.lease_duration);
    look_at_server(report, found);
    look_at_rights(report, found, limit);
    look_at_limits(report, found, limit);
    if (settings.mode == model::LockingMode::none) {
        report.warning("locking mode", "none: a Chainlink v1.11.0 on this database is not excluded");
    } else {
        report.ok("locking mode", model::to_string(settings.mode));
    }
    return report.take();
}

std::vector<Finding> takeover_findings(const model::LockSurvey& survey,
                                       const std::vector<std::string>& versions) {
    Report report;
    const auto watch = std::find_if(survey.locks.begin(), survey.locks.end(),
                                    [](const auto& lock) { return lock.lock == "watch"; });
    if (watch == survey.locks.end() || watch->holder.empty()) {
        report.problem("takeover now", "nobody leads: start an instance");
    } else if (watch->waiting.empty()) {
        report.problem("takeover now", "nobody waits behind " + watch->holder +
                                           ": start a second instance, or look at its log");
    } else {
        report.ok("takeover now",
                  watch->waiting.front() + " waits and would take over from " + watch->holder);
    }
    for (const auto& risk : survey.risks) {
        if (risk.starts_with("nobody waits")) continue;
        report.warning("risk", risk);
    }
    if (versions.size() > 1) {
        std::string all;
        for (const auto& version : versions)
            all += (all.empty() ? "" : ", ") + version;
        report.warning("versions", "the instances run " + all + ": fine during an update, not for long");
    } else if (!versions.empty()) {
        report.ok("versions", "all instances run " + versions.front());
    }
    return report.take();
}

}  // namespace baton::app
