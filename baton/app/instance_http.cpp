#include "baton/app/instance.hpp"

#include "baton/async/timer.hpp"
#include "baton/store/own.hpp"
#include "baton/store/transactions.hpp"

#include <filesystem>

namespace baton::app {

namespace {

constexpr auto bind_retry = std::chrono::seconds(1);
constexpr auto uptime_period = std::chrono::seconds(15);

}  // namespace

std::vector<std::unique_ptr<net::HttpServer>> Instance::make_servers() {
    std::vector<std::unique_ptr<net::HttpServer>> servers;
    const auto add = [&](std::uint16_t port, std::optional<net::TlsFiles> tls) {
        net::ServerOptions options;
        options.port = port;
        options.tls = std::move(tls);
        options.write_timeout = config_.web.write_timeout;
        options.body_limit = [this](const net::Request&) { return api_->body_limit(); };
        options.on_fault = [this](net::RequestFault fault, const net::Request& head) {
            return api_->fault(fault, head);
        };
        options.log = log_.named("HTTP");
        servers.push_back(std::make_unique<net::HttpServer>(
            executor_, std::move(options),
            [this](net::Request request) { return api_->handle(std::move(request)); }));
    };
    if (config_.web.http_port != 0) add(config_.web.http_port, std::nullopt);
    if (config_.web.tls_port == 0) return servers;
    const bool has_certificate =
        std::filesystem::exists(config_.web.tls_cert) && std::filesystem::exists(config_.web.tls_key);
    // Without plain HTTP there is nothing else to listen on: what is missing is said and waited for.
    if (has_certificate || config_.web.http_port == 0) {
        add(config_.web.tls_port, net::TlsFiles{config_.web.tls_cert.string(), config_.web.tls_key.string()});
    } else {
        log_.warn("HTTPS is off: there is no certificate", {{"port", std::to_string(config_.web.tls_port)},
                                                            {"certificate", config_.web.tls_cert.string()}});
    }
    return servers;
}

/// A taken port is no reason to die: pairs on one host that share a port bind when they lead.
async::Task<void> Instance::serve_http(net::HttpServer* server) {
    for (std::string told;;) {
        std::string problem;
        try {
            server->listen();
        } catch (const net::ListenFailed& error) {
            problem = error.what();
        } catch (const InvalidInput& error) {
            problem = error.what();
        }
        if (problem.empty()) break;
        co_await add_holder_name(problem);
        if (problem != told)
            log_.critical("Error starting server: " + problem + "; trying again until it succeeds");
        told = problem;
        co_await bind_now_.wait(async::Deadline::after(bind_retry));
    }
    log_.info("Listening and serving HTTP on port " + std::to_string(server->port()));
}

/// The peer of a pair on one host is called by the name that the operator gave it.
async::Task<void> Instance::add_holder_name(std::string& problem) {
    const auto own_schema = leadership_view_->own_schema();
    if (own_schema.empty()) co_return;
    std::vector<model::Instance> instances;
    try {
        instances =
            co_await store::live_instances(pool_, own_schema, async::Deadline::after(first_contact_timeout));
    } catch (const Cancelled&) {
        throw;
    } catch (const Error&) {
        co_return;  // the port's number and process are in the text already
    }
    for (const auto& instance : instances) {
        if (instance.client_id != client_id_ && instance.address == config_.ha.advertise_url)
            problem += "; the instance " + instance.name + " has this address";
    }
}

/// As things are when somebody looks, not as they were up to 15 s ago.
std::string Instance::metrics_page() {
    for (const auto& check : health_->health())
        metrics_.set("health", check.passing ? 1 : 0, {{"service_id", check.name}});
    const auto age = leadership_ ? leadership_->heartbeat_age() : std::nullopt;
    metrics_.set("leadership_heartbeat_age_seconds", age ? std::chrono::duration<double>(*age).count() : 0,
                 {});
    return metrics_.page();
}

async::Task<void> Instance::report_uptime() {
    for (;;) {
        metrics_.add("uptime_seconds", static_cast<double>(uptime_period.count()), {});
        co_await report_transactions();
        co_await async::sleep_for(uptime_period);
    }
}

async::Task<void> Instance::report_transactions() {
    if (!chain_) co_return;
    const auto chain_id = chain_->settings().chain_id;
    try {
        const auto counts = co_await store::count_transactions(
            pool_, chain_id, async::Deadline::after(config_.database.query_timeout));
        metrics_.set("unconfirmed_transactions", static_cast<double>(counts.unconfirmed),
                     {{"evmChainID", to_decimal(chain_id)}});
    } catch (const pg::DatabaseError&) {
        co_return;  // keep_warm() says so
    } catch (const TimedOut&) {
        co_return;
    }
}

}  // namespace baton::app
