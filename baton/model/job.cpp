#include "baton/model/job.hpp"

namespace baton::model {

namespace {
struct TypeName {
    std::string operator()(const DirectRequestSpec&) const { return "directrequest"; }
    std::string operator()(const WebhookSpec&) const { return "webhook"; }
    std::string operator()(const OtherSpec& other) const { return other.type; }
};
}  // namespace

std::string Job::type() const {
    return std::visit(TypeName{}, spec);
}

}  // namespace baton::model
