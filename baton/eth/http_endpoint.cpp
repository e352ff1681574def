#include "baton/eth/http_endpoint.hpp"

#include "baton/codec/json.hpp"
#include "baton/eth/rpc_json.hpp"

namespace baton::eth {

std::string HttpEndpoint::failure(const std::string& reason) const {
    return (send_only_ ? "sendonly http (" : "primary http (") + redacted_url(url_) +
           ") call failed: " + reason;
}

async::Task<codec::Value> HttpEndpoint::post(HttpEndpoint self, std::string text, async::Deadline deadline) {
    net::ClientRequest request;
    request.method = "POST";
    request.url = self.url_;
    request.headers.set("Content-Type", "application/json");
    request.body = std::move(text);
    request.deadline = deadline;
    request.max_response_bytes = most_answer_bytes;
    // A redirect would take transactions to a place that nobody configured.
    request.follow_redirects = false;
    // Questions, and bytes that are committed: sent twice they do what they do once.
    request.repeatable = true;
    const auto result = co_await self.http_->send(std::move(request));
    if (const auto* error = std::get_if<net::ClientError>(&result)) {
        using Kind = net::ClientError::Kind;
        if (error->kind == Kind::too_large) throw AnswerTooLarge(self.failure("the answer is too large"));
        throw TransportError(
            self.failure((error->kind == Kind::timeout ? "remote eth node timed out: " : "") + error->text));
    }
    const auto& response = std::get<net::ClientResponse>(result);
    try {
        co_return codec::read_json(response.body);
    } catch (const codec::JsonError& error) {
        throw TransportError(self.failure("HTTP status " + std::to_string(response.status) +
                                          ", and the body is no JSON: " + error.what()));
    }
}

async::Task<RpcAnswer> HttpEndpoint::call(HttpEndpoint self, RpcCall call, async::Deadline deadline) {
    auto text = request_text(call, 1);
    const auto answer = co_await post(self, std::move(text), deadline);
    try {
        co_return read_answer(answer);
    } catch (const Error& error) {
        throw TransportError(self.failure(error.what()));
    }
}

async::Task<std::vector<RpcAnswer>> HttpEndpoint::batch(HttpEndpoint self, std::vector<RpcCall> calls,
                                                        async::Deadline deadline) {
    auto text = batch_text(calls, 1);
    const auto answer = co_await post(self, std::move(text), deadline);
    try {
        co_return read_batch(answer, 1, calls.size());
    } catch (const Error& error) {
        throw TransportError(self.failure(error.what()));
    }
}

async::Task<RpcAnswer> HttpEndpoint::call(RpcCall call, async::Deadline deadline) const {
    return HttpEndpoint::call(*this, std::move(call), deadline);
}

async::Task<std::vector<RpcAnswer>> HttpEndpoint::batch(std::vector<RpcCall> calls,
                                                        async::Deadline deadline) const {
    return HttpEndpoint::batch(*this, std::move(calls), deadline);
}

}  // namespace baton::eth
