#include "baton/async/resolve.hpp"

#include "baton/async/event.hpp"
#include "baton/base/error.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <memory>
#include <utility>

namespace baton::async {

namespace {

using Resolver = boost::asio::ip::basic_resolver<boost::asio::ip::tcp, Executor>;

/// Outlives the waiting task: a look-up under way in the system's resolver cannot be interrupted.
struct Lookup {
    explicit Lookup(const Executor& executor) : resolver(executor), done(executor) {}
    Resolver resolver;
    Event done;
    boost::system::error_code error;
    std::vector<std::string> addresses;
};

void start(const std::shared_ptr<Lookup>& lookup, const std::string& host) {
    lookup->resolver.async_resolve(
        host, "", [lookup](boost::system::error_code error, const Resolver::results_type& results) {
            lookup->error = error;
            for (const auto& entry : results) {
                auto address = entry.endpoint().address().to_string();
                auto& known = lookup->addresses;
                if (std::find(known.begin(), known.end(), address) == known.end()) known.push_back(address);
            }
            lookup->done.notify();
        });
}

}  // namespace

Task<std::vector<std::string>> resolve_host(std::string host, Deadline deadline) {
    // The resolver would start a thread, which stays (worker_pool.hpp says why that is bad).
    boost::system::error_code not_numeric;
    const auto numeric = boost::asio::ip::make_address(host, not_numeric);
    if (!not_numeric) co_return std::vector<std::string>(1, numeric.to_string());
    const auto lookup = std::make_shared<Lookup>(co_await boost::asio::this_coro::executor);
    start(lookup, host);
    const bool answered = co_await lookup->done.wait(deadline);
    if (!answered) throw TimedOut("no answer about the address of host \"" + host + "\" in time");
    if (lookup->error || lookup->addresses.empty()) {
        throw NotFound("no address of host \"" + host + "\": " + lookup->error.message());
    }
    co_return std::move(lookup->addresses);
}

}  // namespace baton::async
