#include "baton/api/answers.hpp"

#include "baton/api/json_writer.hpp"

namespace baton::api {

net::Response answer(unsigned status, std::string_view content_type, std::string body) {
    net::Response response;
    response.status = status;
    if (!content_type.empty()) response.headers.set("Content-Type", std::string(content_type));
    response.body = std::move(body);
    return response;
}

net::Response document(std::string body, unsigned status) {
    return answer(status, json_api_type, std::move(body));
}

net::Response no_content() {
    return answer(204, json_api_type, "");
}

net::Response error_answer(unsigned status, std::string_view detail) {
    return error_answer(status, std::vector<std::string>{std::string(detail)});
}

net::Response error_answer(unsigned status, const std::vector<std::string>& details) {
    JsonWriter out;
    out.begin_object().key("errors").begin_array();
    for (const auto& detail : details)
        out.begin_object().key("detail").text(detail).end_object();
    out.end_array().end_object();
    return answer(status, json_type, out.take());
}

}  // namespace baton::api
