-- Which runs a caller's Idempotency-Key stands for: they are kept as long as the key, past the time after which runs are
-- deleted. Requests without a caller's key have no body_hash and no entry here.
create index requests_of_callers on @own@.requests (run_id) where body_hash is not null;
