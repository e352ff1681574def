-- The product's schema as Chainlink v1.11.0 leaves it after its last migration (153), for an empty database.
--
-- Both kinds of node work on it, so nothing may be added to a table or taken away: v1.11.0 reads whole rows
-- and refuses columns that it does not know. Names of constraints, indexes and sequences belong to it too;
-- many are older than their table (heads_id_seq, nodes_pkey, offchainreporting_...).
--
-- Runs in one transaction, in the first schema of the search path. What is referred to comes first.
-- Durations are nanoseconds, wei and juels numeric(78, 0), addresses and hashes raw bytes.
-- Constraints that v1.11.0 added to filled tables are marked NOT VALID in its catalogue. "create table"
-- cannot say that of a constraint; these are added after their table.

-- ----------------------------------------------------------------------------------------------------
-- Bookkeeping
-- What tells nodes of either kind which schema they found and who may work on it.
-- ----------------------------------------------------------------------------------------------------

-- One row per migration of the product; filled at the end of this file.
create table goose_migrations (
    id         serial    primary key,
    version_id bigint    not null,
    is_applied boolean   not null,
    tstamp     timestamp default now()
);

-- The one version that started last.
create table node_versions (
    version    text      primary key,
    created_at timestamp not null
);
create unique index idx_only_one_node_version on node_versions ((version is not null));

-- At most one row. Locks are taken before any migration, so the table may be there already.
create table if not exists lease_lock (
    client_id  uuid        not null,
    expires_at timestamptz not null
);
create unique index if not exists only_one_lease_lock on lease_lock ((client_id is not null));

-- Neither read nor written any more; part of the schema all the same.
create table configurations (
    id         bigserial   primary key,
    name       text        not null,
    value      text        not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    deleted_at timestamptz,
    constraint configurations_name_key unique (name)
);
create index idx_configurations_name on configurations (name);

-- ----------------------------------------------------------------------------------------------------
-- Users and API
-- Accounts of operators and of the services that call in or are called.
-- ----------------------------------------------------------------------------------------------------

create type user_roles as enum ('admin', 'edit', 'run', 'view');

-- Addresses are unique whatever their case.
create table users (
    email               text        primary key,
    hashed_password     text,
    created_at          timestamptz not null,
    token_key           text,
    token_salt          text,
    token_hashed_secret text,
    updated_at          timestamptz not null,
    role                user_roles  not null default 'view'
);
create index idx_users_created_at on users (created_at);
create index idx_users_updated_at on users using brin (updated_at);
create unique index unique_users_lowercase_email on users (lower(email));

create table sessions (
    id         text        primary key,
    last_used  timestamptz,
    created_at timestamptz not null,
    email      text        not null,
    constraint sessions_fk_email foreign key (email) references users (email) on delete cascade
);
create index idx_sessions_created_at on sessions using brin (created_at);
create index idx_sessions_last_used on sessions using brin (last_used);

create table web_authns (
    id              bigserial primary key,
    email           text      not null,
    public_key_data jsonb     not null,
    constraint fk_email foreign key (email) references users (email)
);
create unique index web_authns_email_idx on web_authns (lower(email));

-- Services that may start webhook jobs.
create sequence external_initiators_id_seq as integer;
create table external_initiators (
    id              bigint      primary key default nextval('external_initiators_id_seq'),
    created_at      timestamptz not null,
    updated_at      timestamptz not null,
    name            text        not null,
    url             text,
    access_key      text        not null,
    salt            text        not null,
    hashed_secret   text        not null,
    outgoing_secret text        not null,
    outgoing_token  text        not null,
    constraint access_key_unique unique (access_key),
    constraint external_initiators_name_unique unique (name)
);
alter sequence external_initiators_id_seq owned by external_initiators.id;
create unique index external_initiators_name_key on external_initiators (lower(name));

-- External adapters; jobs name them in the text of their pipeline only.
create table bridge_types (
    name                     text         primary key,
    url                      text         not null,
    confirmations            bigint       not null default 0,
    incoming_token_hash      text         not null,
    salt                     text         not null,
    outgoing_token           text         not null,
    minimum_contract_payment varchar(255),
    created_at               timestamptz  not null,
    updated_at               timestamptz  not null
);
create index idx_bridge_types_created_at on bridge_types using brin (created_at);
create index idx_bridge_types_updated_at on bridge_types using brin (updated_at);

-- ----------------------------------------------------------------------------------------------------
-- EVM chains
-- One row per chain; nearly all EVM tables refer to it and go with it.
-- ----------------------------------------------------------------------------------------------------

create table evm_chains (
    id         numeric(78, 0) primary key,
    cfg        jsonb          not null default '{}',
    created_at timestamptz    not null,
    updated_at timestamptz    not null,
    enabled    boolean        not null default true
);

-- RPC endpoints: a primary one needs ws_url, a send-only one has http_url alone.
create sequence nodes_id_seq as integer;
create table evm_nodes (
    id           integer        not null default nextval('nodes_id_seq'),
    name         varchar(255)   not null,
    evm_chain_id numeric(78, 0) not null,
    ws_url       text,
    http_url     text,
    send_only    boolean        not null,
    created_at   timestamptz    not null,
    updated_at   timestamptz    not null,
    constraint nodes_pkey primary key (id),
    constraint nodes_http_url_check check (http_url <> ''),
    constraint nodes_name_check check (name <> ''),
    constraint nodes_ws_url_check check (ws_url <> ''),
    constraint primary_or_sendonly check (
        (send_only and ws_url is null and http_url is not null)
        or (not send_only and ws_url is not null)
    )
);
alter sequence nodes_id_seq owned by evm_nodes.id;
create index idx_nodes_evm_chain_id on evm_nodes (evm_chain_id);
create unique index idx_nodes_unique_name on evm_nodes (lower(name));
create unique index idx_unique_http_url on evm_nodes (http_url);
create unique index idx_unique_ws_url on evm_nodes (ws_url);
alter table evm_nodes add constraint nodes_evm_chain_id_fkey
    foreign key (evm_chain_id) references evm_chains (id) on delete cascade deferrable not valid;

create table evm_forwarders (
    id           bigserial      primary key,
    address      bytea          not null,
    created_at   timestamptz    not null,
    updated_at   timestamptz    not null,
    evm_chain_id numeric(78, 0) not null,
    constraint evm_forwarders_address_key unique (address),
    constraint chk_address_length check (octet_length(address) = 20)
);
create index idx_forwarders_created_at on evm_forwarders using brin (created_at);
create index idx_forwarders_evm_address on evm_forwarders (address);
create index idx_forwarders_evm_chain_id on evm_forwarders (evm_chain_id);
create index idx_forwarders_updated_at on evm_forwarders using brin (updated_at);
alter table evm_forwarders add constraint evm_forwarders_evm_chain_id_fkey
    foreign key (evm_chain_id) references evm_chains (id) on delete cascade deferrable not valid;

-- ----------------------------------------------------------------------------------------------------
-- Other chains
-- The same pattern for Solana, StarkNet and Terra, and Terra's queue of outgoing messages.
-- ----------------------------------------------------------------------------------------------------

create table solana_chains (
    id         text        primary key,
    cfg        jsonb       not null default '{}',
    created_at timestamptz not null,
    updated_at timestamptz not null,
    enabled    boolean     not null default true
);

create table solana_nodes (
    id              serial       primary key,
    name            varchar(255) not null,
    solana_chain_id text         not null,
    solana_url      text,
    created_at      timestamptz  not null,
    updated_at      timestamptz  not null,
    constraint solana_nodes_solana_chain_id_fkey foreign key (solana_chain_id)
        references solana_chains (id) on delete cascade,
    constraint solana_nodes_name_check check (name <> ''),
    constraint solana_nodes_solana_url_check check (solana_url <> '')
);
create index idx_nodes_solana_chain_id on solana_nodes (solana_chain_id);
create unique index idx_solana_nodes_unique_name on solana_nodes (lower(name));

create table starknet_chains (
    id         text        primary key,
    cfg        jsonb       not null default '{}',
    created_at timestamptz not null,
    updated_at timestamptz not null,
    enabled    boolean     not null default true
);

create table starknet_nodes (
    id                serial       primary key,
    name              varchar(255) not null,
    starknet_chain_id text         not null,
    url               text,
    created_at        timestamptz  not null,
    updated_at        timestamptz  not null,
    constraint starknet_nodes_chain_id_fkey foreign key (starknet_chain_id)
        references starknet_chains (id) on delete cascade,
    constraint starknet_nodes_name_check check (name <> ''),
    constraint starknet_nodes_url_check check (url <> '')
);
create index idx_starknet_nodes_chain_id on starknet_nodes (starknet_chain_id);
create unique index idx_starknet_nodes_unique_name on starknet_nodes (lower(name));

create table terra_chains (
    id         text        primary key,
    cfg        jsonb       not null default '{}',
    created_at timestamptz not null,
    updated_at timestamptz not null,
    enabled    boolean     not null default true
);

create table terra_nodes (
    id             serial       primary key,
    name           varchar(255) not null,
    terra_chain_id text         not null,
    tendermint_url text,
    created_at     timestamptz  not null,
    updated_at     timestamptz  not null,
    constraint terra_nodes_terra_chain_id_fkey foreign key (terra_chain_id)
        references terra_chains (id) on delete cascade,
    constraint terra_nodes_name_check check (name <> ''),
    constraint terra_nodes_tendermint_url_check check (tendermint_url <> '')
);
create index idx_nodes_terra_chain_id on terra_nodes (terra_chain_id);
create unique index idx_terra_nodes_unique_name on terra_nodes (lower(name));

-- tx_hash <> null is never false: the check lets everything pass, and has to stay so.
create table terra_msgs (
    id             bigserial   primary key,
    terra_chain_id text        not null,
    contract_id    text        not null,
    raw            bytea       not null,
    state          text        not null,
    tx_hash        text,
    created_at     timestamptz not null,
    updated_at     timestamptz not null,
    type           text        not null default '/terra.wasm.v1beta1.MsgExecuteContract',
    constraint terra_msgs_terra_chain_id_fkey foreign key (terra_chain_id)
        references terra_chains (id) on delete cascade,
    constraint terra_msgs_check check (tx_hash <> null or (state <> 'broadcasted' and state <> 'confirmed'))
);
create index idx_terra_msgs_terra_chain_id_state_contract_id
    on terra_msgs (terra_chain_id, state, contract_id);

-- A message moves forward or to errored; an update that keeps its state is refused as well.
create function check_terra_msg_state_transition() returns trigger language plpgsql as $$
begin
    if (old.state, new.state) in (
        ('unstarted', 'started'),
        ('unstarted', 'errored'),
        ('started', 'broadcasted'),
        ('started', 'errored'),
        ('broadcasted', 'confirmed'),
        ('broadcasted', 'errored')
    ) then
        return new;
    end if;
    raise exception 'Terra message % cannot go from state % to state %', old.id, old.state, new.state;
end
$$;
create trigger validate_state_update before update on terra_msgs
    for each row execute function check_terra_msg_state_transition();

-- Wakes the sender, once per statement; it ignores the payload.
create function notify_terra_msg_insert() returns trigger language plpgsql as $$
begin
    perform pg_notify('insert_on_terra_msg', now()::text);
    return null;
end
$$;
create trigger notify_terra_msg_insertion after insert on terra_msgs
    for each statement execute function notify_terra_msg_insert();

-- ----------------------------------------------------------------------------------------------------
-- Keys
-- The encrypted ring with all private keys, the chains each EVM key may send on, and the five tables in
-- which releases before the ring kept their keys: read at every start, never written.
-- ----------------------------------------------------------------------------------------------------

-- At most one row.
create table encrypted_key_rings (
    encrypted_keys jsonb,
    updated_at     timestamptz not null
);

-- next_nonce is the source of truth for nonces.
create sequence eth_key_states_id_seq as integer;
create table evm_key_states (
    id           integer        not null default nextval('eth_key_states_id_seq'),
    address      bytea          not null,
    next_nonce   bigint         not null default 0,
    disabled     boolean        not null default false,
    created_at   timestamptz    not null,
    updated_at   timestamptz    not null,
    evm_chain_id numeric(78, 0) not null,
    constraint eth_key_states_pkey primary key (id),
    constraint chk_address_length check (octet_length(address) = 20)
);
alter sequence eth_key_states_id_seq owned by evm_key_states.id;
create index idx_evm_key_states_address on evm_key_states (address);
create unique index idx_evm_key_states_evm_chain_id_address on evm_key_states (evm_chain_id, address);
alter table evm_key_states add constraint eth_key_states_evm_chain_id_fkey
    foreign key (evm_chain_id) references evm_chains (id) on delete cascade deferrable not valid;

create table keys (
    address    bytea       not null,
    json       jsonb       not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    next_nonce bigint      not null default 0,
    id         serial      primary key,
    is_funding boolean     not null default false,
    deleted_at timestamptz,
    constraint chk_address_length check (octet_length(address) = 20)
);
create unique index idx_keys_only_one_funding on keys (is_funding) where is_funding = true;
create unique index idx_unique_keys_address on keys (address);

create table csa_keys (
    id                    bigserial   primary key,
    public_key            bytea       not null,
    encrypted_private_key jsonb       not null,
    created_at            timestamptz not null,
    updated_at            timestamptz not null,
    constraint csa_keys_public_key_key unique (public_key),
    constraint csa_keys_public_key_check check (octet_length(public_key) = 32)
);

create table encrypted_ocr_key_bundles (
    id                       bytea       primary key,
    on_chain_signing_address bytea       not null,
    off_chain_public_key     bytea       not null,
    encrypted_private_keys   jsonb       not null,
    created_at               timestamptz not null,
    updated_at               timestamptz not null,
    config_public_key        bytea       not null,
    deleted_at               timestamptz
);

create table encrypted_p2p_keys (
    id                 serial      primary key,
    peer_id            text        not null,
    pub_key            bytea       not null,
    encrypted_priv_key jsonb       not null,
    created_at         timestamptz not null,
    updated_at         timestamptz not null,
    deleted_at         timestamptz,
    constraint chk_pub_key_length check (octet_length(pub_key) = 32)
);
create unique index idx_unique_peer_ids on encrypted_p2p_keys (peer_id);
create unique index idx_unique_pub_keys on encrypted_p2p_keys (pub_key);

create table encrypted_vrf_keys (
    public_key varchar(68) not null,
    vrf_key    text        not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    deleted_at timestamptz,
    constraint encrypted_secret_keys_pkey primary key (public_key)
);

-- ----------------------------------------------------------------------------------------------------
-- Pipelines
-- Task graphs of jobs, their runs and the results of single tasks.
-- ----------------------------------------------------------------------------------------------------

create type pipeline_runs_state as enum ('running', 'suspended', 'errored', 'completed');

create table pipeline_specs (
    id                serial      primary key,
    dot_dag_source    text        not null,
    created_at        timestamptz not null,
    max_task_duration bigint
);
create index idx_pipeline_specs_created_at on pipeline_specs using brin (created_at);

-- fatal_errors is aligned with outputs, one element per terminal task; all_errors lists every failed task.
create table pipeline_runs (
    id               bigserial           primary key,
    pipeline_spec_id integer             not null,
    meta             jsonb               default '{}',
    created_at       timestamptz         not null,
    finished_at      timestamptz,
    fatal_errors     jsonb,
    outputs          jsonb,
    inputs           jsonb,
    state            pipeline_runs_state not null default 'completed',
    all_errors       jsonb,
    constraint pipeline_runs_pipeline_spec_id_fkey foreign key (pipeline_spec_id)
        references pipeline_specs (id) on delete cascade deferrable,
    constraint pipeline_runs_check check (
        (state = 'completed' and finished_at is not null and num_nulls(outputs) = 0)
        or (state = 'errored' and finished_at is not null and num_nulls(fatal_errors, all_errors) = 0)
        or (state in ('running', 'suspended') and num_nulls(finished_at, outputs, fatal_errors) = 3)
    )
);
create index idx_pipeline_runs_created_at on pipeline_runs (created_at);
create index idx_pipeline_runs_finished_at on pipeline_runs (finished_at);
create index idx_pipeline_runs_pipeline_spec_id on pipeline_runs using hash (pipeline_spec_id);
create index idx_pipeline_runs_unfinished_runs on pipeline_runs (id) where finished_at is null;
create index pipeline_runs_suspended on pipeline_runs (id) where state = 'suspended';

-- Tells of runs that are stored before they end.
create function notifypipelinerunstarted() returns trigger language plpgsql as $$
begin
    if new.finished_at is null then
        perform pg_notify('pipeline_run_started', new.id::text);
    end if;
    return null;
end
$$;
create trigger notify_pipeline_run_started after insert on pipeline_runs
    for each row execute function notifypipelinerunstarted();

-- A pending task has neither output nor error nor end.
create table pipeline_task_runs (
    pipeline_run_id bigint      not null,
    type            text        not null,
    index           integer     not null default 0,
    output          jsonb,
    error           text,
    created_at      timestamptz not null,
    finished_at     timestamptz,
    dot_id          text        not null,
    id              uuid        primary key,
    constraint pipeline_task_runs_pipeline_run_id_fkey foreign key (pipeline_run_id)
        references pipeline_runs (id) on delete cascade deferrable,
    constraint chk_pipeline_task_run_fsm check (
        (finished_at is not null and num_nonnulls(output, error) <> 2)
        or num_nulls(finished_at, output, error) = 3
    )
);
create index idx_pipeline_task_runs_created_at on pipeline_task_runs using brin (created_at);
create index idx_pipeline_task_runs_finished_at on pipeline_task_runs using brin (finished_at);
create index idx_unfinished_pipeline_task_runs on pipeline_task_runs (pipeline_run_id)
    where finished_at is null;
create unique index pipeline_task_runs_pipeline_run_id_dot_id_idx
    on pipeline_task_runs (pipeline_run_id, dot_id);

-- Last good answer of a bridge task, used when the bridge fails.
create table bridge_last_value (
    spec_id     integer     not null,
    dot_id      text        not null,
    value       bytea       not null,
    finished_at timestamptz not null,
    primary key (spec_id, dot_id),
    constraint bridge_last_value_spec_id_fkey foreign key (spec_id)
        references pipeline_specs (id) on delete cascade deferrable
);
create index idx_bridge_last_value_optimise_finding_last_value on bridge_last_value (finished_at);

-- ----------------------------------------------------------------------------------------------------
-- Job specs
-- One table per job kind. An empty evm_chain_id means the default chain.
-- ----------------------------------------------------------------------------------------------------

create table cron_specs (
    id            serial      primary key,
    cron_schedule text        not null,
    created_at    timestamptz not null,
    updated_at    timestamptz not null
);

create sequence eth_request_event_specs_id_seq as integer;
create table direct_request_specs (
    id                         integer        primary key default nextval('eth_request_event_specs_id_seq'),
    contract_address           bytea          not null,
    created_at                 timestamptz    not null,
    updated_at                 timestamptz    not null,
    min_incoming_confirmations bigint,
    requesters                 text,
    min_contract_payment       numeric(78, 0),
    evm_chain_id               numeric(78, 0),
    constraint eth_request_event_specs_contract_address_check check (octet_length(contract_address) = 20)
);
alter sequence eth_request_event_specs_id_seq owned by direct_request_specs.id;
alter table direct_request_specs add constraint direct_request_specs_evm_chain_id_fkey
    foreign key (evm_chain_id) references evm_chains (id) on delete cascade deferrable not valid;

create table flux_monitor_specs (
    id                    serial         primary key,
    contract_address      bytea          not null,
    threshold             real,
    absolute_threshold    real,
    poll_timer_period     bigint,
    poll_timer_disabled   boolean,
    idle_timer_period     bigint,
    idle_timer_disabled   boolean,
    created_at            timestamptz    not null,
    updated_at            timestamptz    not null,
    min_payment           numeric(78, 0),
    drumbeat_enabled      boolean        not null default false,
    drumbeat_schedule     text           not null default '',
    drumbeat_random_delay bigint         not null default 0,
    evm_chain_id          numeric(78, 0),
    constraint flux_monitor_specs_check check (poll_timer_disabled or poll_timer_period > 0),
    constraint flux_monitor_specs_check1 check (idle_timer_disabled or idle_timer_period > 0),
    constraint flux_monitor_specs_contract_address_check check (octet_length(contract_address) = 20)
);
alter table flux_monitor_specs add constraint flux_monitor_specs_evm_chain_id_fkey
    foreign key (evm_chain_id) references evm_chains (id) on delete cascade deferrable not valid;

create table keeper_specs (
    id                         bigserial      primary key,
    contract_address           bytea          not null,
    from_address               bytea          not null,
    created_at                 timestamptz    not null,
    updated_at                 timestamptz    not null,
    evm_chain_id               numeric(78, 0),
    min_incoming_confirmations integer,
    constraint keeper_specs_contract_address_check check (octet_length(contract_address) = 20),
    constraint keeper_specs_from_address_check check (octet_length(from_address) = 20)
);
alter table keeper_specs add constraint keeper_specs_evm_chain_id_fkey
    foreign key (evm_chain_id) references evm_chains (id) on delete cascade deferrable not valid;

create table vrf_specs (
    id                               bigserial        primary key,
    public_key                       text             not null,
    coordinator_address              bytea            not null,
    min_incoming_confirmations       bigint           not null,
    created_at                       timestamptz      not null,
    updated_at                       timestamptz      not null,
    evm_chain_id                     numeric(78, 0),
    poll_period                      bigint           not null default 0,
    requested_confs_delay            bigint           not null default 0,
    request_timeout                  bigint           not null default 24 * 60 * 60 * 1e9,
    from_addresses                   bytea[]          not null default '{}',
    chunk_size                       bigint           not null default 20,
    batch_coordinator_address        bytea,
    batch_fulfillment_enabled        boolean          not null default false,
    batch_fulfillment_gas_multiplier double precision not null default 1.15,
    backoff_initial_delay            bigint           not null default 0,
    backoff_max_delay                bigint           not null default 0,
    gas_lane_price                   numeric(78, 0),
    constraint coordinator_address_len_chk check (octet_length(coordinator_address) = 20),
    constraint vrf_specs_backoff_initial_delay_check check (backoff_initial_delay >= 0),
    constraint vrf_specs_backoff_max_delay_check check (backoff_max_delay >= 0),
    constraint vrf_specs_gas_lane_price_check check (gas_lane_price is null or gas_lane_price > 0),
    constraint vrf_specs_request_timeout_check check (request_timeout > 0),
    constraint vrf_specs_requested_confs_delay_check check (requested_confs_delay >= 0)
);
alter table vrf_specs add constraint vrf_specs_evm_chain_id_fkey
    foreign key (evm_chain_id) references evm_chains (id) on delete cascade deferrable not valid;

create table blockhash_store_specs (
    id                      bigserial      primary key,
    coordinator_v1_address  bytea,
    coordinator_v2_address  bytea,
    wait_blocks             bigint         not null,
    lookback_blocks         bigint         not null,
    blockhash_store_address bytea          not null,
    poll_period             bigint         not null,
    run_timeout             bigint         not null,
    evm_chain_id            numeric(78, 0),
    from_address            bytea,
    created_at              timestamptz    not null,
    updated_at              timestamptz    not null,
    constraint at_least_one_coordinator_chk
        check (coordinator_v1_address is not null or coordinator_v2_address is not null),
    constraint blockhash_store_address_len_chk check (octet_length(blockhash_store_address) = 20),
    constraint coordinator_v1_address_len_chk check (octet_length(coordinator_v1_address) = 20),
    constraint coordinator_v2_address_len_chk check (octet_length(coordinator_v2_address) = 20)
);
alter table blockhash_store_specs add constraint blockhash_store_specs_evm_chain_id_fkey
    foreign key (evm_chain_id) references evm_chains (id) on delete cascade deferrable not valid;

create table webhook_specs (
    id         serial      primary key,
    created_at timestamptz not null,
    updated_at timestamptz not null
);

create table external_initiator_webhook_specs (
    external_initiator_id bigint  not null,
    webhook_spec_id       integer not null,
    spec                  jsonb   not null,
    primary key (external_initiator_id, webhook_spec_id),
    constraint external_initiator_webhook_specs_external_initiator_id_fkey foreign key (external_initiator_id)
        references external_initiators (id) on delete restrict deferrable,
    constraint external_initiator_webhook_specs_webhook_spec_id_fkey foreign key (webhook_spec_id)
        references webhook_specs (id) on delete cascade deferrable
);
create index idx_external_initiator_webhook_specs_webhook_spec_id
    on external_initiator_webhook_specs (webhook_spec_id);

-- One job per contract, or per contract and chain where the chain is given.
create sequence offchainreporting_oracle_specs_id_seq as integer;
create table ocr_oracle_specs (
    id                                         integer        not null
        default nextval('offchainreporting_oracle_specs_id_seq'),
    contract_address                           bytea          not null,
    p2p_bootstrap_peers                        text[],
    is_bootstrap_peer                          boolean        not null,
    encrypted_ocr_key_bundle_id                bytea,
    transmitter_address                        bytea,
    observation_timeout                        bigint,
    blockchain_timeout                         bigint,
    contract_config_tracker_subscribe_interval bigint,
    contract_config_tracker_poll_interval      bigint,
    contract_config_confirmations              integer        not null,
    created_at                                 timestamptz    not null,
    updated_at                                 timestamptz    not null,
    evm_chain_id                               numeric(78, 0),
    database_timeout                           bigint,
    observation_grace_period                   bigint,
    contract_transmitter_transmit_timeout      bigint,
    p2pv2_bootstrappers                        text[]         not null default '{}',
    constraint offchainreporting_oracle_specs_pkey primary key (id),
    constraint chk_contract_address_length check (octet_length(contract_address) = 20)
);
alter sequence offchainreporting_oracle_specs_id_seq owned by ocr_oracle_specs.id;
create index idx_offchainreporting_oracle_specs_created_at on ocr_oracle_specs using brin (created_at);
create index idx_offchainreporting_oracle_specs_updated_at on ocr_oracle_specs using brin (updated_at);
create unique index unique_contract_addr on ocr_oracle_specs (contract_address) where evm_chain_id is null;
create unique index unique_contract_addr_per_chain on ocr_oracle_specs (contract_address, evm_chain_id)
    where evm_chain_id is not null;
alter table ocr_oracle_specs add constraint offchainreporting_oracle_specs_evm_chain_id_fkey
    foreign key (evm_chain_id) references evm_chains (id) on delete cascade deferrable not valid;

-- ocr_key_bundle_id holds the hexadecimal characters of the id, not its bytes.
create sequence offchainreporting2_oracle_specs_id_seq as integer;
create table ocr2_oracle_specs (
    id                                    integer     not null
        default nextval('offchainreporting2_oracle_specs_id_seq'),
    contract_id                           text        not null,
    p2pv2_bootstrappers                   text[]      not null default '{}',
    ocr_key_bundle_id                     bytea,
    monitoring_endpoint                   text,
    transmitter_id                        text,
    blockchain_timeout                    bigint,
    contract_config_tracker_poll_interval bigint,
    contract_config_confirmations         integer     not null,
    created_at                            timestamptz not null,
    updated_at                            timestamptz not null,
    relay                                 text        not null,
    relay_config                          jsonb       not null default '{}',
    plugin_config                         jsonb       not null default '{}',
    plugin_type                           text        not null default '',
    constraint offchainreporting2_oracle_specs_pkey primary key (id),
    constraint offchainreporting2_oracle_specs_unique_contract_addr unique (contract_id)
);
alter sequence offchainreporting2_oracle_specs_id_seq owned by ocr2_oracle_specs.id;
create index idx_offchainreporting2_oracle_specs_created_at on ocr2_oracle_specs using brin (created_at);
create index idx_offchainreporting2_oracle_specs_updated_at on ocr2_oracle_specs using brin (updated_at);

create table bootstrap_specs (
    id                                    serial      primary key,
    contract_id                           text        not null,
    relay                                 text,
    relay_config                          jsonb,
    monitoring_endpoint                   text,
    blockchain_timeout                    bigint,
    contract_config_tracker_poll_interval bigint,
    contract_config_confirmations         integer     not null,
    created_at                            timestamptz not null,
    updated_at                            timestamptz not null
);

-- ----------------------------------------------------------------------------------------------------
-- Jobs
-- A job points at exactly one spec and one pipeline.
-- ----------------------------------------------------------------------------------------------------

create table jobs (
    id                      serial       primary key,
    pipeline_spec_id        integer      not null,
    ocr_oracle_spec_id      integer,
    name                    varchar(255),
    schema_version          integer      not null,
    type                    varchar(255) not null,
    max_task_duration       bigint,
    direct_request_spec_id  integer,
    flux_monitor_spec_id    integer,
    keeper_spec_id          integer,
    cron_spec_id            integer,
    vrf_spec_id             integer,
    webhook_spec_id         integer,
    external_job_id         uuid         not null,
    created_at              timestamptz  not null,
    ocr2_oracle_spec_id     integer,
    blockhash_store_spec_id integer,
    bootstrap_spec_id       integer,
    gas_limit               bigint,
    forwarding_allowed      boolean      not null default false,
    constraint external_job_id_uniq unique (external_job_id),
    constraint jobs_blockhash_store_spec_id_fkey foreign key (blockhash_store_spec_id)
        references blockhash_store_specs (id),
    constraint jobs_bootstrap_spec_id_fkey foreign key (bootstrap_spec_id) references bootstrap_specs (id),
    constraint jobs_cron_spec_id_fkey foreign key (cron_spec_id) references cron_specs (id) on delete cascade,
    constraint jobs_direct_request_spec_id_fkey foreign key (direct_request_spec_id)
        references direct_request_specs (id) on delete cascade,
    constraint jobs_flux_monitor_spec_id_fkey foreign key (flux_monitor_spec_id)
        references flux_monitor_specs (id) on delete cascade,
    constraint jobs_keeper_spec_id_fkey foreign key (keeper_spec_id)
        references keeper_specs (id) on delete cascade,
    constraint jobs_offchainreporting2_oracle_spec_id_fkey foreign key (ocr2_oracle_spec_id)
        references ocr2_oracle_specs (id) on delete cascade,
    constraint jobs_offchainreporting_oracle_spec_id_fkey foreign key (ocr_oracle_spec_id)
        references ocr_oracle_specs (id) on delete cascade,
    constraint jobs_pipeline_spec_id_fkey foreign key (pipeline_spec_id)
        references pipeline_specs (id) on delete cascade,
    constraint jobs_vrf_spec_id_fkey foreign key (vrf_spec_id) references vrf_specs (id) on delete cascade,
    constraint jobs_webhook_spec_id_fkey foreign key (webhook_spec_id)
        references webhook_specs (id) on delete cascade,
    constraint chk_only_one_spec check (num_nonnulls(
        ocr_oracle_spec_id, ocr2_oracle_spec_id, direct_request_spec_id, flux_monitor_spec_id, keeper_spec_id,
        cron_spec_id, webhook_spec_id, vrf_spec_id, blockhash_store_spec_id, bootstrap_spec_id
    ) = 1),
    constraint chk_schema_version check (schema_version > 0),
    constraint chk_type check (type <> ''),
    constraint non_zero_uuid_check check (external_job_id <> '00000000-0000-0000-0000-000000000000')
);
create index idx_jobs_created_at on jobs using brin (created_at);
create unique index idx_jobs_name on jobs (name);
create unique index idx_jobs_unique_bootstrap_spec_id on jobs (bootstrap_spec_id);
create unique index idx_jobs_unique_cron_spec_id on jobs (cron_spec_id);
create unique index idx_jobs_unique_direct_request_spec_id on jobs (direct_request_spec_id);
create unique index idx_jobs_unique_flux_monitor_spec_id on jobs (flux_monitor_spec_id);
create unique index idx_jobs_unique_keeper_spec_id on jobs (keeper_spec_id);
create unique index idx_jobs_unique_offchain2_reporting_oracle_spec_id on jobs (ocr2_oracle_spec_id);
create unique index idx_jobs_unique_offchain_reporting_oracle_spec_id on jobs (ocr_oracle_spec_id);
create unique index idx_jobs_unique_pipeline_spec_id on jobs (pipeline_spec_id);
create unique index idx_jobs_unique_vrf_spec_id on jobs (vrf_spec_id);
create unique index idx_jobs_unique_webhook_spec_id on jobs (webhook_spec_id);

create function notifyjobcreated() returns trigger language plpgsql as $$
begin
    perform pg_notify('insert_on_jobs', new.id::text);
    return null;
end
$$;
create trigger notify_job_created after insert on jobs
    for each row execute function notifyjobcreated();

create function notifyjobdeleted() returns trigger language plpgsql as $$
begin
    perform pg_notify('delete_from_jobs', old.id::text);
    return null;
end
$$;
create trigger notify_job_deleted after delete on jobs
    for each row execute function notifyjobdeleted();

-- Repeating an error counts it up.
create sequence job_spec_errors_v2_id_seq;
create table job_spec_errors (
    id          bigint      not null default nextval('job_spec_errors_v2_id_seq'),
    job_id      integer,
    description text        not null,
    occurrences integer     not null default 1,
    created_at  timestamptz not null,
    updated_at  timestamptz not null,
    constraint job_spec_errors_v2_pkey primary key (id),
    constraint job_spec_errors_v2_job_id_fkey foreign key (job_id) references jobs (id) on delete cascade
);
alter sequence job_spec_errors_v2_id_seq owned by job_spec_errors.id;
create index idx_job_spec_errors_v2_created_at on job_spec_errors using brin (created_at);
create index idx_job_spec_errors_v2_finished_at on job_spec_errors using brin (updated_at);
create unique index job_spec_errors_v2_unique_idx on job_spec_errors (job_id, description);

-- ----------------------------------------------------------------------------------------------------
-- Heads and logs
-- What was seen of the chains, which logs each job has consumed, and the store of the log poller.
-- ----------------------------------------------------------------------------------------------------

create sequence heads_id_seq;
create table evm_heads (
    id               bigint         not null default nextval('heads_id_seq'),
    hash             bytea          not null,
    number           bigint         not null,
    parent_hash      bytea          not null,
    created_at       timestamptz    not null,
    timestamp        timestamptz    not null,
    l1_block_number  bigint,
    evm_chain_id     numeric(78, 0) not null,
    base_fee_per_gas numeric(78, 0),
    constraint heads_pkey1 primary key (id),
    constraint chk_hash_size check (octet_length(hash) = 32),
    constraint chk_parent_hash_size check (octet_length(parent_hash) = 32)
);
alter sequence heads_id_seq owned by evm_heads.id;
create unique index idx_heads_evm_chain_id_hash on evm_heads (evm_chain_id, hash);
create index idx_heads_evm_chain_id_number on evm_heads (evm_chain_id, number);
alter table evm_heads add constraint heads_evm_chain_id_fkey
    foreign key (evm_chain_id) references evm_chains (id) on delete cascade deferrable not valid;

-- A consumed row is what keeps a log from being handled twice.
create sequence log_consumptions_id_seq;
create table log_broadcasts (
    id           bigint         not null default nextval('log_consumptions_id_seq'),
    block_hash   bytea          not null,
    log_index    bigint         not null,
    created_at   timestamp      not null,
    block_number bigint,
    job_id       integer,
    consumed     boolean        not null default false,
    evm_chain_id numeric(78, 0) not null,
    updated_at   timestamptz    not null default now(),
    constraint log_consumptions_pkey primary key (id),
    constraint log_consumptions_job_id_v2_fkey foreign key (job_id) references jobs (id) on delete cascade
);
alter sequence log_consumptions_id_seq owned by log_broadcasts.id;
create index idx_log_broadcasts_block_number_evm_chain_id on log_broadcasts (evm_chain_id, block_number);
create index idx_log_broadcasts_unconsumed on log_broadcasts (evm_chain_id, block_number)
    where consumed = false and block_number is not null;
create index idx_log_broadcasts_unconsumed_job_id_v2 on log_broadcasts (job_id, evm_chain_id)
    where consumed = false and job_id is not null;
create unique index log_broadcasts_unique_idx on log_broadcasts (job_id, block_hash, log_index, evm_chain_id);
create index log_consumptions_created_at_idx on log_broadcasts using brin (created_at);
alter table log_broadcasts add constraint log_broadcasts_evm_chain_id_fkey
    foreign key (evm_chain_id) references evm_chains (id) on delete cascade deferrable not valid;

-- Lowest block with logs that were seen and not handed out yet.
create table log_broadcasts_pending (
    evm_chain_id numeric(78, 0) primary key,
    block_number bigint,
    created_at   timestamptz    not null,
    updated_at   timestamptz    not null
);
alter table log_broadcasts_pending add constraint log_broadcasts_pending_evm_chain_id_fkey
    foreign key (evm_chain_id) references evm_chains (id) on delete cascade deferrable not valid;

-- Canonical blocks only.
create table log_poller_blocks (
    evm_chain_id numeric(78, 0) not null,
    block_hash   bytea          not null,
    block_number bigint         not null,
    created_at   timestamptz    not null,
    primary key (block_number, evm_chain_id),
    constraint block_hash_uniq unique (evm_chain_id, block_hash),
    constraint log_poller_blocks_block_number_check check (block_number > 0)
);
alter table log_poller_blocks add constraint log_poller_blocks_evm_chain_id_fkey
    foreign key (evm_chain_id) references evm_chains (id) on delete cascade deferrable not valid;

-- The indexes over data words and topics serve range queries.
create table logs (
    evm_chain_id numeric(78, 0) not null,
    log_index    bigint         not null,
    block_hash   bytea          not null,
    block_number bigint         not null,
    address      bytea          not null,
    event_sig    bytea          not null,
    topics       bytea[]        not null,
    tx_hash      bytea          not null,
    data         bytea          not null,
    created_at   timestamptz    not null,
    primary key (block_hash, log_index, evm_chain_id),
    constraint logs_block_number_check check (block_number > 0)
);
create index logs_idx on logs (evm_chain_id, block_number, address, event_sig);
create index logs_idx_data_word_one on logs (substring(data from 1 for 32));
create index logs_idx_data_word_three on logs (substring(data from 65 for 32));
create index logs_idx_data_word_two on logs (substring(data from 33 for 32));
create index logs_idx_topic_four on logs ((topics[4]));
create index logs_idx_topic_three on logs ((topics[3]));
create index logs_idx_topic_two on logs ((topics[2]));
alter table logs add constraint logs_evm_chain_id_fkey
    foreign key (evm_chain_id) references evm_chains (id) on delete cascade deferrable not valid;

-- ----------------------------------------------------------------------------------------------------
-- Transactions
-- Outgoing transactions, each signed version of them, and the receipts.
-- ----------------------------------------------------------------------------------------------------

create type eth_txes_state as enum (
    'unstarted', 'in_progress', 'fatal_error', 'unconfirmed', 'confirmed_missing_receipt', 'confirmed'
);
create type eth_tx_attempts_state as enum ('in_progress', 'insufficient_eth', 'broadcast');

-- An unsent transaction has no nonce; one that went out keeps it.
create table eth_txes (
    id                   bigserial      primary key,
    nonce                bigint,
    from_address         bytea          not null,
    to_address           bytea          not null,
    encoded_payload      bytea          not null,
    value                numeric(78, 0) not null,
    gas_limit            bigint         not null,
    error                text,
    broadcast_at         timestamptz,
    created_at           timestamptz    not null,
    state                eth_txes_state not null default 'unstarted',
    meta                 jsonb,
    subject              uuid,
    pipeline_task_run_id uuid,
    min_confirmations    integer,
    evm_chain_id         numeric(78, 0) not null,
    access_list          jsonb,
    transmit_checker     jsonb,
    initial_broadcast_at timestamptz,
    constraint chk_broadcast_at_is_sane check (broadcast_at > '2019-01-01 00:00:00+00'),
    constraint chk_error_cannot_be_empty check (error is null or length(error) > 0),
    constraint chk_from_address_length check (octet_length(from_address) = 20),
    constraint chk_to_address_length check (octet_length(to_address) = 20)
);
create index idx_eth_txes_broadcast_at on eth_txes using brin (broadcast_at);
create index idx_eth_txes_created_at on eth_txes using brin (created_at);
create index idx_eth_txes_from_address on eth_txes (from_address);
create index idx_eth_txes_initial_broadcast_at on eth_txes using brin (initial_broadcast_at);
create index idx_eth_txes_min_unconfirmed_nonce_for_key_evm_chain_id
    on eth_txes (evm_chain_id, from_address, nonce)
    where state = 'unconfirmed';
create unique index idx_eth_txes_nonce_from_address_per_evm_chain_id
    on eth_txes (evm_chain_id, from_address, nonce);
create unique index idx_eth_txes_pipeline_run_task_id on eth_txes (pipeline_task_run_id)
    where pipeline_task_run_id is not null;
create index idx_eth_txes_state_from_address_evm_chain_id on eth_txes (evm_chain_id, from_address, state)
    where state <> 'confirmed';
create index idx_eth_txes_unstarted_subject_id_evm_chain_id on eth_txes (evm_chain_id, subject, id)
    where subject is not null and state = 'unstarted';
create unique index idx_only_one_in_progress_tx_per_account_id_per_evm_chain_id
    on eth_txes (evm_chain_id, from_address)
    where state = 'in_progress';
alter table eth_txes add constraint eth_txes_evm_chain_id_fkey
    foreign key (evm_chain_id) references evm_chains (id) on delete cascade deferrable not valid;
alter table eth_txes add constraint eth_txes_evm_chain_id_from_address_fkey
    foreign key (evm_chain_id, from_address)
    references evm_key_states (evm_chain_id, address) on delete cascade deferrable not valid;
alter table eth_txes add constraint chk_eth_txes_fsm check (
    (state = 'unstarted'
        and nonce is null and error is null and broadcast_at is null and initial_broadcast_at is null)
    or (state = 'in_progress'
        and nonce is not null and error is null and broadcast_at is null and initial_broadcast_at is null)
    or (state = 'fatal_error'
        and nonce is null and error is not null)
    or (state = 'unconfirmed'
        and nonce is not null and error is null
        and broadcast_at is not null and initial_broadcast_at is not null)
    or (state = 'confirmed'
        and nonce is not null and error is null
        and broadcast_at is not null and initial_broadcast_at is not null)
    or (state = 'confirmed_missing_receipt'
        and nonce is not null and error is null
        and broadcast_at is not null and initial_broadcast_at is not null)
) not valid;

-- Wakes the sender of the key; the payload is its address in hexadecimal digits without 0x.
create function notifyethtxinsertion() returns trigger language plpgsql as $$
begin
    perform pg_notify('insert_on_eth_txes', encode(new.from_address, 'hex'));
    return null;
end
$$;
create trigger notify_eth_tx_insertion after insert on eth_txes
    for each row execute function notifyethtxinsertion();

-- Type 0 has a gas price, type 2 a tip and a fee cap.
create table eth_tx_attempts (
    id                         bigserial             primary key,
    eth_tx_id                  bigint                not null,
    gas_price                  numeric(78, 0),
    signed_raw_tx              bytea                 not null,
    hash                       bytea                 not null,
    broadcast_before_block_num bigint,
    state                      eth_tx_attempts_state not null,
    created_at                 timestamptz           not null,
    chain_specific_gas_limit   bigint                not null,
    tx_type                    smallint              not null default 0,
    gas_tip_cap                numeric(78, 0),
    gas_fee_cap                numeric(78, 0),
    constraint eth_tx_attempts_eth_tx_id_fkey foreign key (eth_tx_id)
        references eth_txes (id) on delete cascade,
    constraint chk_cannot_broadcast_before_block_zero
        check (broadcast_before_block_num is null or broadcast_before_block_num > 0),
    constraint chk_chain_specific_gas_limit_not_zero check (chain_specific_gas_limit > 0),
    constraint chk_eth_tx_attempts_fsm check (
        (state in ('in_progress', 'insufficient_eth') and broadcast_before_block_num is null)
        or state = 'broadcast'
    ),
    constraint chk_hash_length check (octet_length(hash) = 32),
    constraint chk_legacy_or_dynamic check (
        (tx_type = 0 and gas_price is not null and gas_tip_cap is null and gas_fee_cap is null)
        or (tx_type = 2 and gas_price is null and gas_tip_cap is not null and gas_fee_cap is not null)
    ),
    constraint chk_sanity_fee_cap_tip_cap
        check (gas_tip_cap is null or gas_fee_cap is null or gas_tip_cap <= gas_fee_cap),
    constraint chk_signed_raw_tx_present check (octet_length(signed_raw_tx) > 0),
    constraint chk_tx_type_is_byte check (tx_type >= 0 and tx_type <= 255)
);
create index idx_eth_tx_attempts_broadcast_before_block_num on eth_tx_attempts (broadcast_before_block_num);
create index idx_eth_tx_attempts_created_at on eth_tx_attempts using brin (created_at);
create unique index idx_eth_tx_attempts_hash on eth_tx_attempts (hash);
create index idx_eth_tx_attempts_unbroadcast on eth_tx_attempts (state) where state <> 'broadcast';
create unique index idx_eth_tx_attempts_unique_gas_prices on eth_tx_attempts (eth_tx_id, gas_price);
create unique index idx_only_one_unbroadcast_attempt_per_eth_tx on eth_tx_attempts (eth_tx_id)
    where state <> 'broadcast';

-- The reference rests on the unique index over hash, not on a constraint.
create table eth_receipts (
    id                bigserial   primary key,
    tx_hash           bytea       not null,
    block_hash        bytea       not null,
    block_number      bigint      not null,
    transaction_index bigint      not null,
    receipt           jsonb       not null,
    created_at        timestamptz not null,
    constraint eth_receipts_tx_hash_fkey foreign key (tx_hash)
        references eth_tx_attempts (hash) on delete cascade,
    constraint chk_hash_length check (octet_length(tx_hash) = 32 and octet_length(block_hash) = 32)
);
create index idx_eth_receipts_block_number on eth_receipts (block_number);
create index idx_eth_receipts_created_at on eth_receipts using brin (created_at);
create unique index idx_eth_receipts_unique on eth_receipts (tx_hash, block_hash);

-- ----------------------------------------------------------------------------------------------------
-- Flux monitor and keeper
-- What these two job kinds remember between runs, and the bit arithmetic with which keepers take turns.
-- ----------------------------------------------------------------------------------------------------

create table flux_monitor_round_stats_v2 (
    id                 bigserial primary key,
    aggregator         bytea     not null,
    round_id           integer   not null,
    num_new_round_logs integer   not null default 0,
    num_submissions    integer   not null default 0,
    pipeline_run_id    bigint,
    constraint flux_monitor_round_stats_v2_aggregator_round_id_key unique (aggregator, round_id),
    constraint flux_monitor_round_stats_v2_pipeline_run_id_fkey foreign key (pipeline_run_id)
        references pipeline_runs (id) on delete cascade
);

create table keeper_registries (
    id                   bigserial primary key,
    job_id               integer   not null,
    keeper_index         integer   not null,
    contract_address     bytea     not null,
    from_address         bytea     not null,
    check_gas            integer   not null,
    block_count_per_turn integer   not null,
    num_keepers          integer   not null,
    keeper_index_map     jsonb,
    constraint keeper_registries_contract_address_key unique (contract_address),
    constraint keeper_registries_job_id_key unique (job_id),
    constraint keeper_registries_job_id_fkey foreign key (job_id)
        references jobs (id) on delete cascade deferrable,
    constraint keeper_registries_contract_address_check check (octet_length(contract_address) = 20),
    constraint keeper_registries_from_address_check check (octet_length(from_address) = 20)
);
create index idx_keeper_registries_keeper_index on keeper_registries (keeper_index);

create table upkeep_registrations (
    id                    bigserial      primary key,
    registry_id           bigint         not null,
    execute_gas           integer        not null,
    check_data            bytea          not null,
    upkeep_id             numeric(78, 0) not null,
    positioning_constant  integer        not null,
    last_run_block_height bigint         not null default 0,
    last_keeper_index     integer,
    constraint upkeep_registrations_registry_id_fkey foreign key (registry_id)
        references keeper_registries (id) on delete cascade deferrable
);
create unique index idx_upkeep_registrations_unique_upkeep_ids_per_keeper
    on upkeep_registrations (registry_id, upkeep_id);
create index idx_upkeep_registrations_upkeep_id on upkeep_registrations (upkeep_id);

-- The integer part of num as 256 bits, most significant bit first.
create function uint256_to_bit(num numeric) returns bit varying language plpgsql as $$
declare
    word constant numeric := 4294967296;  -- 2^32; a signed bigint holds such a word whole
    rest numeric := trunc(num);
    bits bit varying := '';
begin
    if num < 0 or num > 115792089237316195423570985008687907853269984665640564039457584007913129639935 then
        raise exception '% is not within 0 and 2^256 - 1', num using errcode = 'numeric_value_out_of_range';
    end if;
    for i in 1..8 loop
        bits := mod(rest, word)::bigint::bit(32) || bits;
        rest := div(rest, word);
    end loop;
    return bits;
end
$$;

-- The right-most n bits.
create function least_significant(bits bit varying, n integer) returns bit varying language plpgsql as $$
begin
    if n < 0 or n > length(bits) then
        raise exception 'cannot take % of % bits', n, length(bits) using errcode = 'substring_error';
    end if;
    return substring(bits from length(bits) - n + 1 for n);
end
$$;

-- ----------------------------------------------------------------------------------------------------
-- OCR1
-- State of off-chain reporting, first generation. Persistent states must never go back: the safety of the
-- protocol rests on them.
-- ----------------------------------------------------------------------------------------------------

create table ocr_contract_configs (
    ocr_oracle_spec_id     integer     not null,
    config_digest          bytea       not null,
    signers                bytea[],
    transmitters           bytea[],
    threshold              integer,
    encoded_config_version bigint,
    encoded                bytea,
    created_at             timestamptz not null,
    updated_at             timestamptz not null,
    constraint offchainreporting_contract_configs_pkey primary key (ocr_oracle_spec_id),
    constraint offchainreporting_contract_co_offchainreporting_oracle_spe_fkey
        foreign key (ocr_oracle_spec_id) references ocr_oracle_specs (id) on delete cascade,
    constraint offchainreporting_contract_configs_config_digest_check check (octet_length(config_digest) = 16)
);

create table ocr_persistent_states (
    ocr_oracle_spec_id     integer     not null,
    config_digest          bytea       not null,
    epoch                  bigint      not null,
    highest_sent_epoch     bigint      not null,
    highest_received_epoch bigint[]    not null,
    created_at             timestamptz not null,
    updated_at             timestamptz not null,
    constraint offchainreporting_persistent_states_pkey primary key (ocr_oracle_spec_id, config_digest),
    constraint offchainreporting_persistent__offchainreporting_oracle_spe_fkey
        foreign key (ocr_oracle_spec_id) references ocr_oracle_specs (id) on delete cascade,
    constraint offchainreporting_persistent_states_config_digest_check
        check (octet_length(config_digest) = 16)
);

create table ocr_pending_transmissions (
    ocr_oracle_spec_id integer        not null,
    config_digest      bytea          not null,
    epoch              bigint         not null,
    round              bigint         not null,
    time               timestamptz    not null,
    median             numeric(78, 0) not null,
    serialized_report  bytea          not null,
    rs                 bytea[]        not null,
    ss                 bytea[]        not null,
    vs                 bytea          not null,
    created_at         timestamptz    not null,
    updated_at         timestamptz    not null,
    constraint offchainreporting_pending_transmissions_pkey
        primary key (ocr_oracle_spec_id, config_digest, epoch, round),
    constraint offchainreporting_pending_tra_offchainreporting_oracle_spe_fkey
        foreign key (ocr_oracle_spec_id) references ocr_oracle_specs (id) on delete cascade,
    constraint offchainreporting_pending_transmissions_config_digest_check
        check (octet_length(config_digest) = 16)
);
create index idx_offchainreporting_pending_transmissions_time on ocr_pending_transmissions (time);

create table ocr_latest_round_requested (
    ocr_oracle_spec_id integer not null,
    requester          bytea   not null,
    config_digest      bytea   not null,
    epoch              bigint  not null,
    round              bigint  not null,
    raw                jsonb   not null,
    constraint offchainreporting_latest_round_requested_pkey primary key (ocr_oracle_spec_id),
    constraint offchainreporting_latest_roun_offchainreporting_oracle_spe_fkey
        foreign key (ocr_oracle_spec_id) references ocr_oracle_specs (id) on delete cascade deferrable,
    constraint offchainreporting_latest_round_requested_config_digest_check
        check (octet_length(config_digest) = 16),
    constraint offchainreporting_latest_round_requested_requester_check check (octet_length(requester) = 20)
);

-- ----------------------------------------------------------------------------------------------------
-- OCR2
-- State of off-chain reporting, second generation, and of its bootstrap jobs; shares of distributed keys.
-- ----------------------------------------------------------------------------------------------------

create table ocr2_contract_configs (
    ocr2_oracle_spec_id     integer     not null,
    config_digest           bytea       not null,
    config_count            bigint      not null,
    signers                 bytea[],
    transmitters            text[],
    f                       smallint    not null,
    onchain_config          bytea,
    offchain_config_version bigint      not null,
    offchain_config         bytea,
    created_at              timestamptz not null,
    updated_at              timestamptz not null,
    constraint offchainreporting2_contract_configs_pkey primary key (ocr2_oracle_spec_id),
    constraint offchainreporting2_contract_configs_oracle_spec_fkey foreign key (ocr2_oracle_spec_id)
        references ocr2_oracle_specs (id) on delete cascade,
    constraint offchainreporting2_contract_configs_config_digest_check
        check (octet_length(config_digest) = 32)
);

create table ocr2_persistent_states (
    ocr2_oracle_spec_id    integer     not null,
    config_digest          bytea       not null,
    epoch                  bigint      not null,
    highest_sent_epoch     bigint      not null,
    highest_received_epoch bigint[]    not null,
    created_at             timestamptz not null,
    updated_at             timestamptz not null,
    constraint offchainreporting2_persistent_states_pkey primary key (ocr2_oracle_spec_id, config_digest),
    constraint offchainreporting2_persistent_oracle_spec_fkey foreign key (ocr2_oracle_spec_id)
        references ocr2_oracle_specs (id) on delete cascade,
    constraint offchainreporting2_persistent_states_config_digest_check
        check (octet_length(config_digest) = 32)
);

create table ocr2_pending_transmissions (
    ocr2_oracle_spec_id   integer     not null,
    config_digest         bytea       not null,
    epoch                 bigint      not null,
    round                 bigint      not null,
    time                  timestamptz not null,
    extra_hash            bytea       not null,
    report                bytea       not null,
    attributed_signatures bytea[]     not null,
    created_at            timestamptz not null,
    updated_at            timestamptz not null,
    constraint offchainreporting2_pending_transmissions_pkey
        primary key (ocr2_oracle_spec_id, config_digest, epoch, round),
    constraint offchainreporting2_pending_transmission_oracle_spec_fkey foreign key (ocr2_oracle_spec_id)
        references ocr2_oracle_specs (id) on delete cascade,
    constraint offchainreporting2_pending_transmissions_config_digest_check
        check (octet_length(config_digest) = 32)
);
create index idx_offchainreporting2_pending_transmissions_time on ocr2_pending_transmissions (time);

create table ocr2_latest_round_requested (
    ocr2_oracle_spec_id integer not null,
    requester           bytea   not null,
    config_digest       bytea   not null,
    epoch               bigint  not null,
    round               bigint  not null,
    raw                 jsonb   not null,
    constraint offchainreporting2_latest_round_requested_pkey primary key (ocr2_oracle_spec_id),
    constraint offchainreporting2_latest_round_oracle_spec_fkey foreign key (ocr2_oracle_spec_id)
        references ocr2_oracle_specs (id) on delete cascade deferrable,
    constraint offchainreporting2_latest_round_requested_config_digest_check
        check (octet_length(config_digest) = 32),
    constraint offchainreporting2_latest_round_requested_requester_check check (octet_length(requester) = 20)
);

create table bootstrap_contract_configs (
    bootstrap_spec_id       integer     primary key,
    config_digest           bytea       not null,
    config_count            bigint      not null,
    signers                 bytea[]     not null,
    transmitters            text[]      not null,
    f                       smallint    not null,
    onchain_config          bytea,
    offchain_config_version bigint      not null,
    offchain_config         bytea,
    created_at              timestamptz not null,
    updated_at              timestamptz not null,
    constraint bootstrap_contract_configs_oracle_spec_fkey foreign key (bootstrap_spec_id)
        references bootstrap_specs (id) on delete cascade,
    constraint bootstrap_contract_configs_config_digest_check check (octet_length(config_digest) = 32)
);

create table dkg_shares (
    config_digest          bytea not null,
    key_id                 bytea not null,
    dealer                 bytea not null,
    marshaled_share_record bytea not null,
    record_hash            bytea not null,
    primary key (config_digest, key_id, dealer),
    constraint dkg_shares_config_digest_check check (length(config_digest) = 32),
    constraint dkg_shares_dealer_check check (length(dealer) = 1),
    constraint dkg_shares_key_id_check check (length(key_id) = 32),
    constraint dkg_shares_record_hash_check check (length(record_hash) = 32)
);

-- ----------------------------------------------------------------------------------------------------
-- Peers
-- Addresses of the peers that OCR talks to.
-- ----------------------------------------------------------------------------------------------------

create table p2p_peers (
    id         text        not null,
    addr       text        not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    peer_id    text        not null
);
create index p2p_peers_id on p2p_peers (id);
create index p2p_peers_peer_id on p2p_peers (peer_id);

create table ocr_discoverer_announcements (
    local_peer_id  text        not null,
    remote_peer_id text        not null,
    ann            bytea       not null,
    created_at     timestamptz not null,
    updated_at     timestamptz not null,
    constraint offchainreporting_discoverer_announcements_pkey primary key (local_peer_id, remote_peer_id)
);

-- ----------------------------------------------------------------------------------------------------
-- Feeds manager
-- Managers that propose jobs, and their proposals version by version.
-- ----------------------------------------------------------------------------------------------------

create type job_proposal_status as enum ('pending', 'approved', 'rejected', 'cancelled');
create type job_proposal_spec_status as enum ('pending', 'approved', 'rejected', 'cancelled');

create table feeds_managers (
    id         bigserial    primary key,
    name       varchar(255) not null,
    uri        varchar(255) not null,
    public_key bytea        not null,
    created_at timestamptz  not null,
    updated_at timestamptz  not null,
    constraint feeds_managers_public_key_key unique (public_key),
    constraint feeds_managers_public_key_check check (octet_length(public_key) = 32)
);

create table feeds_manager_chain_configs (
    id                  serial      primary key,
    chain_id            varchar     not null,
    chain_type          varchar     not null,
    account_address     varchar     not null,
    admin_address       varchar     not null,
    feeds_manager_id    integer,
    flux_monitor_config jsonb,
    ocr1_config         jsonb,
    ocr2_config         jsonb,
    created_at          timestamptz not null,
    updated_at          timestamptz not null,
    constraint feeds_manager_chain_configs_feeds_manager_id_fkey foreign key (feeds_manager_id)
        references feeds_managers (id) on delete cascade
);
create index idx_feeds_manager_chain_configs_chain_id_chain_type
    on feeds_manager_chain_configs (chain_id, chain_type);
create unique index idx_feeds_manager_chain_configs_chain_id_chain_type_feeds_manag
    on feeds_manager_chain_configs (chain_id, chain_type, feeds_manager_id);

-- Points at a job exactly while it is approved.
create table job_proposals (
    id               bigserial           primary key,
    status           job_proposal_status not null,
    external_job_id  uuid,
    feeds_manager_id integer             not null,
    created_at       timestamptz         not null,
    updated_at       timestamptz         not null,
    remote_uuid      uuid                not null,
    multiaddrs       text[],
    pending_update   boolean             not null default false,
    constraint fk_feeds_manager foreign key (feeds_manager_id) references feeds_managers (id) deferrable,
    constraint job_proposals_job_id_fkey foreign key (external_job_id)
        references jobs (external_job_id) deferrable,
    constraint chk_job_proposals_status_fsm check (
        (status = 'pending' and external_job_id is null)
        or (status = 'approved' and external_job_id is not null)
        or (status = 'rejected' and external_job_id is null)
        or (status = 'cancelled' and external_job_id is null)
    )
);
create unique index idx_job_proposals_external_job_id on job_proposals (external_job_id);
create index idx_job_proposals_feeds_manager_id on job_proposals (feeds_manager_id);
create unique index idx_job_proposals_remote_uuid on job_proposals (remote_uuid);

-- At most one version of a proposal is approved.
create table job_proposal_specs (
    id                serial                   primary key,
    definition        text                     not null,
    version           integer                  not null,
    status            job_proposal_spec_status not null,
    job_proposal_id   integer,
    status_updated_at timestamptz              not null,
    created_at        timestamptz              not null,
    updated_at        timestamptz              not null,
    constraint job_proposal_specs_job_proposal_id_fkey foreign key (job_proposal_id)
        references job_proposals (id)
);
create unique index idx_job_proposal_specs_job_proposal_id_and_status on job_proposal_specs (job_proposal_id)
    where status = 'approved';
create unique index idx_job_proposals_job_proposal_id_and_version
    on job_proposal_specs (job_proposal_id, version);

-- ----------------------------------------------------------------------------------------------------
-- Left over
-- No column uses this type any more; it is part of the schema all the same.
-- ----------------------------------------------------------------------------------------------------

create type run_status as enum (
    'unstarted', 'in_progress', 'pending_incoming_confirmations', 'pending_outgoing_confirmations',
    'pending_connection', 'pending_bridge', 'pending_sleep', 'errored', 'completed', 'cancelled'
);

-- ----------------------------------------------------------------------------------------------------
-- Migrations on record
-- v1.11.0 applies what it does not find on record, so each of its versions, 0 included, is entered as
-- applied, in ascending order: it takes the row with the highest id for the current version.
-- ----------------------------------------------------------------------------------------------------

insert into goose_migrations (version_id, is_applied)
select version, true from generate_series(0, 153) as version order by version;
