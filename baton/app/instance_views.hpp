#pragma once

#include "baton/app/instance.hpp"

namespace baton::app {

/// How the API sees an instance. The instance outlives what is made here.
class InstanceViews {
  public:
    static std::unique_ptr<api::LeadershipView> leadership(Instance& instance);
    static std::unique_ptr<api::JobControl> jobs(Instance& instance);
    static std::unique_ptr<api::WebhookRunner> webhooks(Instance& instance);
    static std::unique_ptr<api::TaskResults> task_results(Instance& instance);
    static std::unique_ptr<api::EthKeys> eth_keys(Instance& instance);
    static std::unique_ptr<api::Health> health(Instance& instance);

  private:
    class Leadership;
    class Jobs;
    class Webhooks;
    class TaskResults;
    class EthKeys;
    class Health;
};

}  // namespace baton::app
