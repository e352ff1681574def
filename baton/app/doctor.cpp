#include "baton/app/doctor.hpp"

#include "baton/app/credentials.hpp"
#include "baton/app/database_backup.hpp"
#include "baton/app/lease_settings.hpp"
#include "baton/app/private_postgres.hpp"
#include "baton/app/reads_if_present.hpp"
#include "baton/async/group.hpp"
#include "baton/async/loop.hpp"
#include "baton/async/timer.hpp"
#include "baton/codec/json.hpp"
#include "baton/keys/key_store.hpp"
#include "baton/lease/survey.hpp"
#include "baton/net/http_client.hpp"
#include "baton/net/web_socket_client.hpp"
#include "baton/pg/text_format.hpp"
#include "baton/store/own.hpp"

#include <algorithm>
#include <set>

namespace baton::app {

namespace {

using namespace std::chrono_literals;
using Level = Finding::Level;

constexpr auto patience = 10s;
constexpr auto http_patience = 3s;
constexpr unsigned ok = 200;
constexpr const char* which_chain = R"({"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":[]})";

class Doctor {
  public:
    Doctor(async::Loop& loop, const Config& config)
        : executor_(loop.executor()),
          config_(config),
          client_id_(Uuid::random(Random::system())),
          settings_(lease_settings(config, client_id_)),
          pool_(loop.executor(), session_options(config, client_id_), 2, 2),
          http_(loop.executor(), {}) {}

    async::Task<std::vector<Finding>> examine(std::filesystem::path password_file) {
        co_await look_at_database();
        co_await look_at_backup();
        co_await look_at_password(std::move(password_file));
        co_await look_at_endpoints();
        co_return std::move(findings_);
    }

  private:
    void add(Level level, std::string check, std::string text) {
        findings_.push_back({level, std::move(check), std::move(text)});
    }

    async::Task<void> look_at_database() {
        std::string problem;
        try {
            const auto found = co_await lease::examine(settings_, async::Deadline::after(patience));
            server_version_ = found.server_version;
            for (auto& one : database_findings(found, settings_))
                findings_.push_back(std::move(one));
            if (found.own_schema_exists && found.may_use_own_schema) co_await look_at_instances(found.names);
        } catch (const Error& error) {
            problem = error.what();
        }
        if (!problem.empty())
            add(Level::problem, "database",
                problem + ": check DATABASE_URL, the server and the network between");
        reached_ = problem.empty();
    }

    async::Task<void> look_at_backup() {
        if (!reached_) co_return;
        const auto obstacle =
            config_.backup.mode == BackupConfig::Mode::none ? std::string() : backup_obstacle(config_.backup);
        std::string version;
        const auto pg_dump = find_program("pg_dump");
        if (pg_dump) {
            Program program;
            program.path = *pg_dump;
            program.arguments = {"--version"};
            const auto end = co_await run_program(std::move(program));
            version = end.last_words;
        }
        findings_.push_back(backup_finding(config_.backup, obstacle, version, server_version_));
    }

    async::Task<void> look_at_instances(pg::OwnSchema names) {
        const auto deadline = async::Deadline::after(patience);
        const auto instances =
            co_await store::live_instances(pool_, pg::quote_identifier(names.own_schema), deadline);
        model::LockSurvey survey;
        {
            const auto session = co_await pool_.acquire(deadline);
            survey = co_await lease::survey_locks(*session, settings_, names, deadline);
        }
        std::set<std::string> versions;
        for (const auto& instance : instances) {
            if (instance.state == model::LeadershipState::stopped || !is_alive(survey, instance.client_id))
                continue;
            versions.insert(instance.version);
            co_await look_at_address(instance);
        }
        for (auto& one : takeover_findings(survey, {versions.begin(), versions.end()}))
            findings_.push_back(std::move(one));
    }

    static bool is_alive(const model::LockSurvey& survey, const Uuid& client_id) {
        return std::any_of(survey.instances.begin(), survey.instances.end(), [&](const auto& one) {
            return one.client_id == client_id && one.silent_for < 5s;
        });
    }

    async::Task<net::ClientResult> send(std::string method, std::string url, std::string body) {
        net::ClientRequest request;
        request.method = std::move(method);
        request.url = std::move(url);
        request.headers.add("Content-Type", "application/json");
        request.body = std::move(body);
        request.deadline = async::Deadline::after(http_patience);
        co_return co_await http_.send(std::move(request));
    }

    async::Task<void> look_at_address(model::Instance instance) {
        const auto url = instance.address + "/health";
        const auto result = co_await send("GET", url, "");
        const auto check = "address of " + instance.name;
        if (const auto* answer = std::get_if<net::ClientResponse>(&result); answer && answer->status == ok) {
            add(Level::ok, check, instance.address + " answers");
            co_return;
        }
        const auto* error = std::get_if<net::ClientError>(&result);
        const auto what =
            error ? error->text : "status " + std::to_string(std::get<net::ClientResponse>(result).status);
        add(Level::warning, check,
            instance.address + " cannot be reached from here (" + what +
                "): set HA_ADVERTISE_URL of that instance to a URL by which the others reach it");
    }

    async::Task<void> look_at_password(std::filesystem::path file) {
        if (file.empty()) {
            add(Level::warning, "password", "not checked: give the file of the key-ring password with -p");
            co_return;
        }
        if (!reached_) co_return;
        std::string problem;
        try {
            auto ring = co_await read_ring_if_present(pool_, async::Deadline::after(patience));
            async::WorkerPool workers(1);
            keys::KeyStore keys(workers, Random::system(),
                                config_.insecure_fast_scrypt ? crypto::ScryptCost::insecure_fast
                                                             : crypto::ScryptCost::standard);
            co_await keys.unlock(std::move(ring), read_password_file(file));
        } catch (const Error& error) {
            problem = error.what();
        }
        if (problem.empty()) {
            add(Level::ok, "password", "it opens the key ring");
        } else {
            add(Level::problem, "password", problem + ": an instance with this file cannot take over");
        }
    }

    async::Task<void> look_at_endpoints() {
        if (!config_.evm.enabled || !config_.evm.rpc_enabled) co_return;
        for (const auto& node : config_.evm.nodes) {
            // URLs of endpoints may hold keys: only the name is shown.
            const auto check = "RPC endpoint " + node.name;
            if (!node.ws_url.empty()) {
                const auto answer = co_await ask_over_web_socket(node.ws_url);
                judge_endpoint(check + ", WebSocket", answer);
            }
            if (!node.http_url.empty()) {
                const auto answer = co_await ask_over_http(node.http_url);
                judge_endpoint(check + ", HTTP", answer);
            }
        }
    }

    /// What the endpoint said, or why it said nothing.
    struct EndpointAnswer {
        std::string text;
        std::string failure;
    };

    async::Task<EndpointAnswer> ask_over_http(std::string url) {
        const auto result = co_await send("POST", std::move(url), which_chain);
        EndpointAnswer answer;
        if (const auto* error = std::get_if<net::ClientError>(&result)) {
            answer.failure = error->text;
        } else {
            answer.text = std::get<net::ClientResponse>(result).body;
        }
        co_return answer;
    }

    async::Task<EndpointAnswer> ask_over_web_socket(std::string url) {
        EndpointAnswer answer;
        try {
            net::WebSocketOptions options;
            options.url = std::move(url);
            const auto deadline = async::Deadline::after(http_patience);
            const auto socket = co_await net::WebSocketClient::connect(std::move(options), deadline);
            async::TaskGroup limit(executor_);
            limit.spawn("limit", abort_at(socket.get(), deadline));
            std::exception_ptr failure;
            try {
                co_await socket->send(which_chain);
                answer.text = co_await socket->receive();
            } catch (...) {
                failure = std::current_exception();
            }
            co_await limit.stop();
            if (failure) std::rethrow_exception(failure);
        } catch (const Error& error) {
            answer.failure = error.what();
        }
        co_return answer;
    }

    static async::Task<void> abort_at(net::WebSocketClient* socket, async::Deadline deadline) {
        co_await async::sleep_until(deadline);
        socket->abort();
    }

    void judge_endpoint(const std::string& check, const EndpointAnswer& answer) {
        std::string chain;
        try {
            if (!answer.text.empty()) chain = codec::string_or(codec::read_json(answer.text), "result");
        } catch (const codec::JsonError&) {
            chain.clear();
        }
        if (chain.empty()) {
            add(Level::problem, check,
                "it does not tell its chain id" +
                    (answer.failure.empty() ? "" : " (" + answer.failure + ")") +
                    ": is it running, is its URL right?");
        } else if (config_.evm.chain_id && BigInt(chain) != *config_.evm.chain_id) {
            add(Level::problem, check,
                "it serves chain " + to_decimal(BigInt(chain)) + ", ETH_CHAIN_ID is " +
                    to_decimal(*config_.evm.chain_id));
        } else {
            add(Level::ok, check, "it serves chain " + to_decimal(BigInt(chain)));
        }
    }

    async::Executor executor_;
    const Config& config_;
    Uuid client_id_;
    lease::LeaseSettings settings_;
    pg::Pool pool_;
    net::HttpClient http_;
    bool reached_ = false;
    std::string server_version_;
    std::vector<Finding> findings_;
};

}  // namespace

std::vector<Finding> examine_installation(const std::filesystem::path& password_file) {
    try {
        auto config = load_config(Environment::process());
        std::vector<Finding> findings;
        if (config.database.url.empty()) {
            const PrivatePostgres postgres(config.root, Logger());
            const auto state = postgres.look();
            findings.push_back(private_database_finding(state, postgres.data_directory()));
            if (state != PrivatePostgres::State::running) return findings;
            config.database.url = postgres.url();
        }
        async::Loop loop;
        Doctor doctor(loop, config);
        auto more = loop.run_until_done(doctor.examine(password_file));
        std::move(more.begin(), more.end(), std::back_inserter(findings));
        return findings;
    } catch (const Error& error) {
        return {{Level::problem, "configuration", error.what()}};
    }
}

}  // namespace baton::app
