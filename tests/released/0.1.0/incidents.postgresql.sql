SELECT pg_catalog.set_config('search_path', '', false);
CREATE TABLE public.alembic_version (
    version_num character varying(32) NOT NULL
);
CREATE TABLE public.api_tokens (
    id character varying(36) NOT NULL,
    token_hash character varying(64) NOT NULL,
    name character varying(64) NOT NULL,
    "user" character varying(64),
    scopes json NOT NULL,
    created_at bigint NOT NULL,
    expires_at bigint,
    revoked_at bigint
);
CREATE TABLE public.deliveries (
    id bigint NOT NULL,
    incident character varying(36) NOT NULL,
    channel character varying(64) NOT NULL,
    number integer NOT NULL,
    reason character varying(16) NOT NULL,
    step integer,
    "position" bigint,
    created_at bigint NOT NULL,
    due_at bigint NOT NULL,
    attempts integer NOT NULL,
    done_at bigint,
    error text
);
CREATE SEQUENCE public.deliveries_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.deliveries_id_seq OWNED BY public.deliveries.id;
CREATE TABLE public.events (
    id bigint NOT NULL,
    at bigint NOT NULL,
    type character varying(16) NOT NULL,
    incident character varying(36) NOT NULL,
    version bigint NOT NULL
);
CREATE SEQUENCE public.events_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.events_id_seq OWNED BY public.events.id;
CREATE TABLE public.history (
    id bigint NOT NULL,
    incident character varying(36) NOT NULL,
    at bigint NOT NULL,
    event character varying(32) NOT NULL,
    state character varying(16) NOT NULL,
    actor character varying(64),
    note text
);
CREATE SEQUENCE public.history_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.history_id_seq OWNED BY public.history.id;
CREATE TABLE public.incidents (
    id character varying(36) NOT NULL,
    version bigint NOT NULL,
    class_ character varying(16) NOT NULL,
    origin character varying(16) NOT NULL,
    state character varying(16) NOT NULL,
    kind character varying(16) NOT NULL,
    priority integer NOT NULL,
    marks json NOT NULL,
    silent boolean NOT NULL,
    unacknowledged boolean NOT NULL,
    presses integer NOT NULL,
    device character varying(63),
    phone character varying(64),
    case_number character varying(64),
    opened_at bigint NOT NULL,
    changed_at bigint NOT NULL,
    pressed_at bigint,
    acknowledged_at bigint,
    acknowledged_by character varying(64),
    dispatched_at bigint,
    dispatched_by character varying(64),
    on_scene_at bigint,
    on_scene_by character varying(64),
    closed_at bigint,
    closed_by character varying(64),
    disposition character varying(16),
    alerts integer NOT NULL,
    alerted_at bigint NOT NULL
);
CREATE TABLE public.login_attempts (
    id bigint NOT NULL,
    name character varying(64) NOT NULL,
    source character varying(64) NOT NULL,
    at bigint NOT NULL,
    succeeded boolean NOT NULL
);
CREATE SEQUENCE public.login_attempts_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.login_attempts_id_seq OWNED BY public.login_attempts.id;
CREATE TABLE public.payloads (
    device character varying(63) NOT NULL,
    hash character varying(64) NOT NULL,
    press bigint NOT NULL,
    at bigint NOT NULL
);
CREATE TABLE public.positions (
    id bigint NOT NULL,
    incident character varying(36) NOT NULL,
    device character varying(63) NOT NULL,
    place json NOT NULL,
    arrived_at bigint NOT NULL
);
CREATE SEQUENCE public.positions_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.positions_id_seq OWNED BY public.positions.id;
CREATE TABLE public.presses (
    id bigint NOT NULL,
    incident character varying(36) NOT NULL,
    number integer NOT NULL,
    origin character varying(16) NOT NULL,
    device character varying(63),
    panic_id character varying(36),
    kind character varying(16) NOT NULL,
    silent boolean NOT NULL,
    update bigint NOT NULL,
    stage character varying(16) NOT NULL,
    version bigint NOT NULL,
    marks json NOT NULL,
    received_at bigint NOT NULL,
    pressed_at bigint,
    presented_at bigint,
    acknowledged_at bigint,
    acknowledged_by character varying(64),
    note text,
    place json,
    fixed_at bigint,
    placed_at bigint,
    alerted_at bigint NOT NULL
);
CREATE SEQUENCE public.presses_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.presses_id_seq OWNED BY public.presses.id;
CREATE TABLE public.sessions (
    token_hash character varying(64) NOT NULL,
    "user" character varying(64) NOT NULL,
    csrf character varying(64) NOT NULL,
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    last_seen_at bigint NOT NULL
);
CREATE TABLE public.timers (
    incident character varying(36) NOT NULL,
    kind character varying(16) NOT NULL,
    due_at bigint NOT NULL,
    armed_at bigint NOT NULL,
    step integer NOT NULL
);
CREATE TABLE public.trackers (
    device character varying(63) NOT NULL,
    status json NOT NULL,
    arrived_at bigint NOT NULL,
    online_boot character varying(8),
    online_connect bigint
);
CREATE TABLE public.users (
    name character varying(64) NOT NULL,
    password_hash text NOT NULL,
    roles json NOT NULL,
    created_at bigint NOT NULL,
    disabled_at bigint
);
ALTER TABLE ONLY public.deliveries ALTER COLUMN id SET DEFAULT nextval('public.deliveries_id_seq'::regclass);
ALTER TABLE ONLY public.events ALTER COLUMN id SET DEFAULT nextval('public.events_id_seq'::regclass);
ALTER TABLE ONLY public.history ALTER COLUMN id SET DEFAULT nextval('public.history_id_seq'::regclass);
ALTER TABLE ONLY public.login_attempts ALTER COLUMN id SET DEFAULT nextval('public.login_attempts_id_seq'::regclass);
ALTER TABLE ONLY public.positions ALTER COLUMN id SET DEFAULT nextval('public.positions_id_seq'::regclass);
ALTER TABLE ONLY public.presses ALTER COLUMN id SET DEFAULT nextval('public.presses_id_seq'::regclass);
INSERT INTO public.alembic_version VALUES ('0001');
INSERT INTO public.api_tokens VALUES ('01a0c450-6c00-727f-b350-cfdf79d35d81', 'f7d5f2481afd84e82e3f1933bce3145b6add7ad9368cfff08077605650094b77', 'cad', 'ann', '["incidents:read", "incidents:write"]', 1790000000000, 1790086400000, NULL);
INSERT INTO public.api_tokens VALUES ('01a0c450-6c00-74d0-ac14-06a4519f1a47', '85a572758a1238f73a7dd6720ac1a70a4a638d6cf0968ee10c7edf5c7608cd41', 'reader', NULL, '["incidents:read"]', 1790000000000, NULL, NULL);
INSERT INTO public.deliveries VALUES (2, '829ad647-ad26-5ea1-9fef-7a685c610ac2', 'log', 0, 'raised', 0, NULL, 1790000000000, 1790000022000, 1, 1790000017000, NULL);
INSERT INTO public.deliveries VALUES (9, '858bccd0-0664-5d99-be98-f77d845625eb', 'log', 0, 'raised', 0, NULL, 1790000001000, 1790000022000, 1, 1790000017000, NULL);
INSERT INTO public.deliveries VALUES (12, '858bccd0-0664-5d99-be98-f77d845625eb', 'log', 1, 'changed', NULL, NULL, 1790000001000, 1790000022000, 1, 1790000017000, NULL);
INSERT INTO public.deliveries VALUES (15, '858bccd0-0664-5d99-be98-f77d845625eb', 'log', 2, 'changed', NULL, NULL, 1790000001000, 1790000022000, 1, 1790000017000, NULL);
INSERT INTO public.deliveries VALUES (18, '858bccd0-0664-5d99-be98-f77d845625eb', 'log', 3, 'changed', NULL, NULL, 1790000001000, 1790000022000, 1, 1790000017000, NULL);
INSERT INTO public.deliveries VALUES (5, '829ad647-ad26-5ea1-9fef-7a685c610ac2', 'log', 1, 'pressed', NULL, NULL, 1790000001000, 1790000022000, 1, 1790000017000, NULL);
INSERT INTO public.deliveries VALUES (49, '829ad647-ad26-5ea1-9fef-7a685c610ac2', 'log', 2, 'escalated', 1, NULL, 1790000017000, 1790000022000, 1, 1790000017000, NULL);
INSERT INTO public.deliveries VALUES (51, 'd6d17482-e2c2-5767-b6bc-8e11468f2c2f', 'log', 4, 'escalated', 1, NULL, 1790000017000, 1790000022000, 1, 1790000017000, NULL);
INSERT INTO public.deliveries VALUES (53, '25ad15b9-8d89-5b65-9228-d0ae5b5a0c85', 'log', 1, 'escalated', 1, NULL, 1790000017000, 1790000022000, 1, 1790000017000, NULL);
INSERT INTO public.deliveries VALUES (55, '01a0c450-6fe8-79e3-acdc-54407e232081', 'log', 1, 'escalated', 1, NULL, 1790000017000, 1790000022000, 1, 1790000017000, NULL);
INSERT INTO public.deliveries VALUES (3, '829ad647-ad26-5ea1-9fef-7a685c610ac2', 'webhook', 0, 'raised', 0, NULL, 1790000000000, 1790000022000, 1, 1790000017000, NULL);
INSERT INTO public.deliveries VALUES (10, '858bccd0-0664-5d99-be98-f77d845625eb', 'webhook', 0, 'raised', 0, NULL, 1790000001000, 1790000022000, 1, 1790000017000, NULL);
INSERT INTO public.deliveries VALUES (13, '858bccd0-0664-5d99-be98-f77d845625eb', 'webhook', 1, 'changed', NULL, NULL, 1790000001000, 1790000022000, 1, 1790000017000, NULL);
INSERT INTO public.deliveries VALUES (16, '858bccd0-0664-5d99-be98-f77d845625eb', 'webhook', 2, 'changed', NULL, NULL, 1790000001000, 1790000022000, 1, 1790000017000, NULL);
INSERT INTO public.deliveries VALUES (19, '858bccd0-0664-5d99-be98-f77d845625eb', 'webhook', 3, 'changed', NULL, NULL, 1790000001000, 1790000022000, 1, 1790000017000, NULL);
INSERT INTO public.deliveries VALUES (22, '95f5584c-b33d-5904-8aa8-d33909114a04', 'webhook', 0, 'raised', 0, NULL, 1790000001000, 1790000022000, 1, 1790000017000, NULL);
INSERT INTO public.deliveries VALUES (25, '95f5584c-b33d-5904-8aa8-d33909114a04', 'webhook', 1, 'changed', NULL, NULL, 1790000001000, 1790000022000, 1, 1790000017000, NULL);
INSERT INTO public.deliveries VALUES (28, '95f5584c-b33d-5904-8aa8-d33909114a04', 'webhook', 2, 'changed', NULL, NULL, 1790000001000, 1790000022000, 1, 1790000017000, NULL);
INSERT INTO public.deliveries VALUES (31, 'd6d17482-e2c2-5767-b6bc-8e11468f2c2f', 'webhook', 0, 'raised', 0, NULL, 1790000001000, 1790000022000, 1, 1790000017000, NULL);
INSERT INTO public.deliveries VALUES (6, '829ad647-ad26-5ea1-9fef-7a685c610ac2', 'webhook', 1, 'pressed', NULL, NULL, 1790000001000, 1790000022000, 1, 1790000017000, NULL);
INSERT INTO public.deliveries VALUES (52, 'd6d17482-e2c2-5767-b6bc-8e11468f2c2f', 'webhook', 4, 'escalated', 1, NULL, 1790000017000, 1790000022000, 1, 1790000017000, NULL);
INSERT INTO public.deliveries VALUES (54, '25ad15b9-8d89-5b65-9228-d0ae5b5a0c85', 'webhook', 1, 'escalated', 1, NULL, 1790000017000, 1790000022000, 1, 1790000017000, NULL);
INSERT INTO public.deliveries VALUES (56, '01a0c450-6fe8-79e3-acdc-54407e232081', 'webhook', 1, 'escalated', 1, NULL, 1790000017000, 1790000022000, 1, 1790000017000, NULL);
INSERT INTO public.deliveries VALUES (1, '829ad647-ad26-5ea1-9fef-7a685c610ac2', 'release', 0, 'position', NULL, 1, 1790000000000, 1790000022000, 1, 1790000017000, NULL);
INSERT INTO public.deliveries VALUES (4, '829ad647-ad26-5ea1-9fef-7a685c610ac2', 'release', 0, 'raised', 0, NULL, 1790000000000, 1790000022000, 1, 1790000017000, NULL);
INSERT INTO public.deliveries VALUES (8, '829ad647-ad26-5ea1-9fef-7a685c610ac2', 'release', 2, 'position', NULL, 2, 1790000001000, 1790000022000, 1, 1790000017000, NULL);
INSERT INTO public.deliveries VALUES (11, '858bccd0-0664-5d99-be98-f77d845625eb', 'release', 0, 'raised', 0, NULL, 1790000001000, 1790000022000, 1, 1790000017000, NULL);
INSERT INTO public.deliveries VALUES (14, '858bccd0-0664-5d99-be98-f77d845625eb', 'release', 1, 'changed', NULL, NULL, 1790000001000, 1790000022000, 1, 1790000017000, NULL);
INSERT INTO public.deliveries VALUES (17, '858bccd0-0664-5d99-be98-f77d845625eb', 'release', 2, 'changed', NULL, NULL, 1790000001000, 1790000022000, 1, 1790000017000, NULL);
INSERT INTO public.deliveries VALUES (20, '858bccd0-0664-5d99-be98-f77d845625eb', 'release', 3, 'changed', NULL, NULL, 1790000001000, 1790000022000, 1, 1790000017000, NULL);
INSERT INTO public.deliveries VALUES (23, '95f5584c-b33d-5904-8aa8-d33909114a04', 'release', 0, 'raised', 0, NULL, 1790000001000, 1790000022000, 1, 1790000017000, NULL);
INSERT INTO public.deliveries VALUES (26, '95f5584c-b33d-5904-8aa8-d33909114a04', 'release', 1, 'changed', NULL, NULL, 1790000001000, 1790000022000, 1, 1790000017000, NULL);
INSERT INTO public.deliveries VALUES (29, '95f5584c-b33d-5904-8aa8-d33909114a04', 'release', 2, 'changed', NULL, NULL, 1790000001000, 1790000022000, 1, 1790000017000, NULL);
INSERT INTO public.deliveries VALUES (32, 'd6d17482-e2c2-5767-b6bc-8e11468f2c2f', 'release', 0, 'raised', 0, NULL, 1790000001000, 1790000022000, 1, 1790000017000, NULL);
INSERT INTO public.deliveries VALUES (35, 'd6d17482-e2c2-5767-b6bc-8e11468f2c2f', 'release', 1, 'changed', NULL, NULL, 1790000001000, 1790000022000, 1, 1790000017000, NULL);
INSERT INTO public.deliveries VALUES (38, 'd6d17482-e2c2-5767-b6bc-8e11468f2c2f', 'release', 2, 'changed', NULL, NULL, 1790000001000, 1790000022000, 1, 1790000017000, NULL);
INSERT INTO public.deliveries VALUES (41, 'd6d17482-e2c2-5767-b6bc-8e11468f2c2f', 'release', 3, 'raised', 0, NULL, 1790000001000, 1790000022000, 1, 1790000017000, NULL);
INSERT INTO public.deliveries VALUES (45, '25ad15b9-8d89-5b65-9228-d0ae5b5a0c85', 'release', 0, 'raised', 0, NULL, 1790000001000, 1790000022000, 1, 1790000017000, NULL);
INSERT INTO public.deliveries VALUES (7, '829ad647-ad26-5ea1-9fef-7a685c610ac2', 'release', 1, 'pressed', NULL, NULL, 1790000001000, 1790000022000, 1, 1790000017000, NULL);
INSERT INTO public.deliveries VALUES (21, '95f5584c-b33d-5904-8aa8-d33909114a04', 'log', 0, 'raised', 0, NULL, 1790000001000, 1790000022000, 1, 1790000017000, NULL);
INSERT INTO public.deliveries VALUES (24, '95f5584c-b33d-5904-8aa8-d33909114a04', 'log', 1, 'changed', NULL, NULL, 1790000001000, 1790000022000, 1, 1790000017000, NULL);
INSERT INTO public.deliveries VALUES (27, '95f5584c-b33d-5904-8aa8-d33909114a04', 'log', 2, 'changed', NULL, NULL, 1790000001000, 1790000022000, 1, 1790000017000, NULL);
INSERT INTO public.deliveries VALUES (30, 'd6d17482-e2c2-5767-b6bc-8e11468f2c2f', 'log', 0, 'raised', 0, NULL, 1790000001000, 1790000022000, 1, 1790000017000, NULL);
INSERT INTO public.deliveries VALUES (33, 'd6d17482-e2c2-5767-b6bc-8e11468f2c2f', 'log', 1, 'changed', NULL, NULL, 1790000001000, 1790000022000, 1, 1790000017000, NULL);
INSERT INTO public.deliveries VALUES (36, 'd6d17482-e2c2-5767-b6bc-8e11468f2c2f', 'log', 2, 'changed', NULL, NULL, 1790000001000, 1790000022000, 1, 1790000017000, NULL);
INSERT INTO public.deliveries VALUES (39, 'd6d17482-e2c2-5767-b6bc-8e11468f2c2f', 'log', 3, 'raised', 0, NULL, 1790000001000, 1790000022000, 1, 1790000017000, NULL);
INSERT INTO public.deliveries VALUES (42, '2e689b8b-7d02-5a9a-b588-756216b67a5d', 'log', 0, 'raised', 0, NULL, 1790000001000, 1790000022000, 1, 1790000017000, NULL);
INSERT INTO public.deliveries VALUES (43, '25ad15b9-8d89-5b65-9228-d0ae5b5a0c85', 'log', 0, 'raised', 0, NULL, 1790000001000, 1790000022000, 1, 1790000017000, NULL);
INSERT INTO public.deliveries VALUES (46, '01a0c450-6fe8-79e3-acdc-54407e232081', 'log', 0, 'raised', 0, NULL, 1790000001000, 1790000022000, 1, 1790000017000, NULL);
INSERT INTO public.deliveries VALUES (34, 'd6d17482-e2c2-5767-b6bc-8e11468f2c2f', 'webhook', 1, 'changed', NULL, NULL, 1790000001000, 1790000022000, 1, 1790000017000, NULL);
INSERT INTO public.deliveries VALUES (37, 'd6d17482-e2c2-5767-b6bc-8e11468f2c2f', 'webhook', 2, 'changed', NULL, NULL, 1790000001000, 1790000022000, 1, 1790000017000, NULL);
INSERT INTO public.deliveries VALUES (40, 'd6d17482-e2c2-5767-b6bc-8e11468f2c2f', 'webhook', 3, 'raised', 0, NULL, 1790000001000, 1790000022000, 1, 1790000017000, NULL);
INSERT INTO public.deliveries VALUES (44, '25ad15b9-8d89-5b65-9228-d0ae5b5a0c85', 'webhook', 0, 'raised', 0, NULL, 1790000001000, 1790000022000, 1, 1790000017000, NULL);
INSERT INTO public.deliveries VALUES (47, '01a0c450-6fe8-79e3-acdc-54407e232081', 'webhook', 0, 'raised', 0, NULL, 1790000001000, 1790000022000, 1, 1790000017000, NULL);
INSERT INTO public.deliveries VALUES (50, '829ad647-ad26-5ea1-9fef-7a685c610ac2', 'webhook', 2, 'escalated', 1, NULL, 1790000017000, 1790000022000, 1, 1790000017000, NULL);
INSERT INTO public.deliveries VALUES (48, '01a0c450-6fe8-79e3-acdc-54407e232081', 'release', 0, 'raised', 0, NULL, 1790000001000, 1790000022000, 1, 1790000017000, NULL);
INSERT INTO public.deliveries VALUES (57, 'c72675f0-e19f-5eef-bbb9-54fb464b4425', 'log', 0, 'raised', 0, NULL, 1790000017000, 1790000017000, 0, NULL, NULL);
INSERT INTO public.deliveries VALUES (58, 'c72675f0-e19f-5eef-bbb9-54fb464b4425', 'webhook', 0, 'raised', 0, NULL, 1790000017000, 1790000017000, 0, NULL, NULL);
INSERT INTO public.deliveries VALUES (59, 'c72675f0-e19f-5eef-bbb9-54fb464b4425', 'release', 0, 'raised', 0, NULL, 1790000017000, 1790000017000, 0, NULL, NULL);
INSERT INTO public.events VALUES (1, 1790000000000, 'raised', '829ad647-ad26-5ea1-9fef-7a685c610ac2', 1);
INSERT INTO public.events VALUES (2, 1790000001000, 'pressed', '829ad647-ad26-5ea1-9fef-7a685c610ac2', 2);
INSERT INTO public.events VALUES (3, 1790000001000, 'updated', '829ad647-ad26-5ea1-9fef-7a685c610ac2', 3);
INSERT INTO public.events VALUES (4, 1790000001000, 'raised', '858bccd0-0664-5d99-be98-f77d845625eb', 1);
INSERT INTO public.events VALUES (5, 1790000001000, 'presented', '858bccd0-0664-5d99-be98-f77d845625eb', 2);
INSERT INTO public.events VALUES (6, 1790000001000, 'acknowledged', '858bccd0-0664-5d99-be98-f77d845625eb', 3);
INSERT INTO public.events VALUES (7, 1790000001000, 'dispatched', '858bccd0-0664-5d99-be98-f77d845625eb', 4);
INSERT INTO public.events VALUES (8, 1790000001000, 'on_scene', '858bccd0-0664-5d99-be98-f77d845625eb', 5);
INSERT INTO public.events VALUES (9, 1790000001000, 'raised', '95f5584c-b33d-5904-8aa8-d33909114a04', 1);
INSERT INTO public.events VALUES (10, 1790000001000, 'acknowledged', '95f5584c-b33d-5904-8aa8-d33909114a04', 2);
INSERT INTO public.events VALUES (11, 1790000001000, 'closed', '95f5584c-b33d-5904-8aa8-d33909114a04', 3);
INSERT INTO public.events VALUES (12, 1790000001000, 'raised', 'd6d17482-e2c2-5767-b6bc-8e11468f2c2f', 1);
INSERT INTO public.events VALUES (13, 1790000001000, 'acknowledged', 'd6d17482-e2c2-5767-b6bc-8e11468f2c2f', 2);
INSERT INTO public.events VALUES (14, 1790000001000, 'closed', 'd6d17482-e2c2-5767-b6bc-8e11468f2c2f', 3);
INSERT INTO public.events VALUES (15, 1790000001000, 'reopened', 'd6d17482-e2c2-5767-b6bc-8e11468f2c2f', 4);
INSERT INTO public.events VALUES (16, 1790000001000, 'raised', '2e689b8b-7d02-5a9a-b588-756216b67a5d', 1);
INSERT INTO public.events VALUES (17, 1790000001000, 'raised', '25ad15b9-8d89-5b65-9228-d0ae5b5a0c85', 1);
INSERT INTO public.events VALUES (18, 1790000001000, 'raised', '01a0c450-6fe8-79e3-acdc-54407e232081', 1);
INSERT INTO public.events VALUES (19, 1790000017000, 'escalated', '829ad647-ad26-5ea1-9fef-7a685c610ac2', 4);
INSERT INTO public.events VALUES (20, 1790000017000, 'escalated', 'd6d17482-e2c2-5767-b6bc-8e11468f2c2f', 5);
INSERT INTO public.events VALUES (21, 1790000017000, 'escalated', '25ad15b9-8d89-5b65-9228-d0ae5b5a0c85', 2);
INSERT INTO public.events VALUES (22, 1790000017000, 'escalated', '01a0c450-6fe8-79e3-acdc-54407e232081', 2);
INSERT INTO public.events VALUES (23, 1790000017000, 'raised', 'c72675f0-e19f-5eef-bbb9-54fb464b4425', 1);
INSERT INTO public.history VALUES (1, '829ad647-ad26-5ea1-9fef-7a685c610ac2', 1790000000000, 'raised', 'raised', NULL, 'help');
INSERT INTO public.history VALUES (2, '829ad647-ad26-5ea1-9fef-7a685c610ac2', 1790000001000, 'pressed', 'raised', NULL, NULL);
INSERT INTO public.history VALUES (3, '858bccd0-0664-5d99-be98-f77d845625eb', 1790000001000, 'raised', 'raised', NULL, NULL);
INSERT INTO public.history VALUES (4, '858bccd0-0664-5d99-be98-f77d845625eb', 1790000001000, 'presented', 'raised', 'ann', NULL);
INSERT INTO public.history VALUES (5, '858bccd0-0664-5d99-be98-f77d845625eb', 1790000001000, 'acknowledged', 'acknowledged', 'ann', NULL);
INSERT INTO public.history VALUES (6, '858bccd0-0664-5d99-be98-f77d845625eb', 1790000001000, 'dispatched', 'dispatched', 'ann', NULL);
INSERT INTO public.history VALUES (7, '858bccd0-0664-5d99-be98-f77d845625eb', 1790000001000, 'on_scene', 'on_scene', 'ann', NULL);
INSERT INTO public.history VALUES (8, '95f5584c-b33d-5904-8aa8-d33909114a04', 1790000001000, 'raised', 'raised', NULL, NULL);
INSERT INTO public.history VALUES (9, '95f5584c-b33d-5904-8aa8-d33909114a04', 1790000001000, 'acknowledged', 'acknowledged', 'ann', 'on my way');
INSERT INTO public.history VALUES (10, '95f5584c-b33d-5904-8aa8-d33909114a04', 1790000001000, 'closed', 'closed', 'ann', 'found asleep');
INSERT INTO public.history VALUES (11, 'd6d17482-e2c2-5767-b6bc-8e11468f2c2f', 1790000001000, 'raised', 'raised', NULL, NULL);
INSERT INTO public.history VALUES (12, 'd6d17482-e2c2-5767-b6bc-8e11468f2c2f', 1790000001000, 'acknowledged', 'acknowledged', 'bob', NULL);
INSERT INTO public.history VALUES (13, 'd6d17482-e2c2-5767-b6bc-8e11468f2c2f', 1790000001000, 'closed', 'closed', 'bob', NULL);
INSERT INTO public.history VALUES (14, 'd6d17482-e2c2-5767-b6bc-8e11468f2c2f', 1790000001000, 'reopened', 'raised', 'ann', NULL);
INSERT INTO public.history VALUES (15, '2e689b8b-7d02-5a9a-b588-756216b67a5d', 1790000001000, 'raised', 'raised', NULL, NULL);
INSERT INTO public.history VALUES (16, '25ad15b9-8d89-5b65-9228-d0ae5b5a0c85', 1790000001000, 'raised', 'raised', NULL, NULL);
INSERT INTO public.history VALUES (17, '01a0c450-6fe8-79e3-acdc-54407e232081', 1790000001000, 'raised', 'raised', 'ann', 'called');
INSERT INTO public.history VALUES (18, '829ad647-ad26-5ea1-9fef-7a685c610ac2', 1790000017000, 'escalated', 'raised', NULL, 'step 1');
INSERT INTO public.history VALUES (19, 'd6d17482-e2c2-5767-b6bc-8e11468f2c2f', 1790000017000, 'escalated', 'raised', NULL, 'step 1');
INSERT INTO public.history VALUES (20, '25ad15b9-8d89-5b65-9228-d0ae5b5a0c85', 1790000017000, 'escalated', 'raised', NULL, 'step 1');
INSERT INTO public.history VALUES (21, '01a0c450-6fe8-79e3-acdc-54407e232081', 1790000017000, 'escalated', 'raised', NULL, 'step 1');
INSERT INTO public.history VALUES (22, 'c72675f0-e19f-5eef-bbb9-54fb464b4425', 1790000017000, 'raised', 'raised', NULL, NULL);
INSERT INTO public.incidents VALUES ('858bccd0-0664-5d99-be98-f77d845625eb', 5, 'production', 'panic', 'on_scene', 'button', 3, '["no_fix"]', false, false, 1, 'tracker-b', NULL, NULL, 1790000001000, 1790000001000, 1790000001000, 1790000001000, 'ann', 1790000001000, 'ann', 1790000001000, 'ann', NULL, NULL, NULL, 4, 1790000001000);
INSERT INTO public.incidents VALUES ('95f5584c-b33d-5904-8aa8-d33909114a04', 3, 'production', 'panic', 'closed', 'button', 3, '["cancel_requested", "no_fix"]', false, false, 1, 'tracker-d', NULL, NULL, 1790000001000, 1790000001000, 1790000001000, 1790000001000, 'ann', NULL, NULL, NULL, NULL, 1790000001000, 'ann', 'false_alarm', 3, 1790000001000);
INSERT INTO public.incidents VALUES ('2e689b8b-7d02-5a9a-b588-756216b67a5d', 1, 'test', 'panic', 'raised', 'test', 5, '["no_fix"]', false, true, 1, 'tracker-f', NULL, NULL, 1790000001000, 1790000001000, 1790000001000, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1, 1790000001000);
INSERT INTO public.incidents VALUES ('829ad647-ad26-5ea1-9fef-7a685c610ac2', 4, 'production', 'panic', 'raised', 'button', 1, '[]', true, true, 2, 'tracker-a', NULL, NULL, 1790000000000, 1790000017000, 1790000000000, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 3, 1790000010000);
INSERT INTO public.incidents VALUES ('d6d17482-e2c2-5767-b6bc-8e11468f2c2f', 5, 'production', 'panic', 'raised', 'button', 3, '["no_fix"]', false, true, 1, 'tracker-e', NULL, NULL, 1790000001000, 1790000017000, 1790000001000, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 5, 1790000001000);
INSERT INTO public.incidents VALUES ('25ad15b9-8d89-5b65-9228-d0ae5b5a0c85', 2, 'production', 'panic', 'raised', 'button', 2, '["unreadable", "no_fix"]', true, true, 1, 'tracker-g', NULL, NULL, 1790000001000, 1790000017000, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 2, 1790000001000);
INSERT INTO public.incidents VALUES ('01a0c450-6fe8-79e3-acdc-54407e232081', 2, 'production', 'call', 'raised', 'call', 3, '[]', false, true, 1, NULL, '110-7', 'A 7', 1790000001000, 1790000017000, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 2, 1790000001000);
INSERT INTO public.incidents VALUES ('c72675f0-e19f-5eef-bbb9-54fb464b4425', 1, 'production', 'panic', 'raised', 'button', 3, '["no_fix"]', false, true, 1, 'tracker-h', NULL, NULL, 1790000017000, 1790000017000, 1790000017000, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1, 1790000017000);
INSERT INTO public.login_attempts VALUES (1, '49915e0d7d4b402e3017d010bc1c0e83cac6c797d6c16e66340fe3268693a6a1', '192.0.2.1', 1790000000000, true);
INSERT INTO public.login_attempts VALUES (2, '81b637d8fcd2c6da6359e6963113a1170de795e4b725b84d1e0b4cfd9ec58ce9', '192.0.2.1', 1790000000000, false);
INSERT INTO public.payloads VALUES ('tracker-g', 'ecb901ed3852831d4e9985e5d237a9cf33791c8e66ee83eb7466ea994162ad86', 7, 1790000001000);
INSERT INTO public.positions VALUES (1, '829ad647-ad26-5ea1-9fef-7a685c610ac2', 'tracker-a', '{"lat": 25.03, "lon": 121.56, "time": 1790000000000, "alt": null, "speed": null, "course": null, "accuracy": 12.5, "hdop": null, "satellites": null, "fix": null, "battery": null, "trigger": null, "clock": null, "jump": null, "time_raw": null}', 1790000000000);
INSERT INTO public.positions VALUES (2, '829ad647-ad26-5ea1-9fef-7a685c610ac2', 'tracker-a', '{"lat": 25.03, "lon": 121.56, "time": 1790000001000, "alt": null, "speed": null, "course": null, "accuracy": null, "hdop": null, "satellites": null, "fix": null, "battery": null, "trigger": null, "clock": null, "jump": null, "time_raw": null}', 1790000001000);
INSERT INTO public.presses VALUES (1, '829ad647-ad26-5ea1-9fef-7a685c610ac2', 1, 'panic', 'tracker-a', '01990000-0000-7000-8000-000000000001', 'button', false, 0, 'received', 0, '[]', 1790000000000, 1790000000000, NULL, NULL, NULL, 'help', '{"lat": 25.03, "lon": 121.56, "time": 1790000000000, "alt": null, "speed": null, "course": null, "accuracy": 12.5, "hdop": null, "satellites": null, "fix": null, "battery": null, "trigger": null, "clock": null, "jump": null, "time_raw": null}', 1790000000000, 1790000000000, 1790000000000);
INSERT INTO public.presses VALUES (2, '829ad647-ad26-5ea1-9fef-7a685c610ac2', 2, 'panic', 'tracker-a', '01990000-0000-7000-8000-000000000002', 'button', true, 1, 'received', 0, '[]', 1790000001000, 1790000001000, NULL, NULL, NULL, NULL, '{"lat": 25.03, "lon": 121.56, "time": 1790000001000, "alt": null, "speed": null, "course": null, "accuracy": null, "hdop": null, "satellites": null, "fix": null, "battery": null, "trigger": null, "clock": null, "jump": null, "time_raw": null}', 1790000001000, 1790000001000, 1790000001000);
INSERT INTO public.presses VALUES (3, '858bccd0-0664-5d99-be98-f77d845625eb', 1, 'panic', 'tracker-b', '01990000-0000-7000-8000-000000000003', 'button', false, 0, 'on_scene', 4, '["no_fix"]', 1790000001000, 1790000001000, 1790000001000, 1790000001000, 'ann', NULL, NULL, NULL, NULL, 1790000001000);
INSERT INTO public.presses VALUES (4, '95f5584c-b33d-5904-8aa8-d33909114a04', 1, 'panic', 'tracker-d', '01990000-0000-7000-8000-000000000004', 'button', false, 0, 'closed', 2, '["cancel_requested", "no_fix"]', 1790000001000, 1790000001000, NULL, 1790000001000, 'ann', NULL, NULL, NULL, NULL, 1790000001000);
INSERT INTO public.presses VALUES (5, 'd6d17482-e2c2-5767-b6bc-8e11468f2c2f', 1, 'panic', 'tracker-e', '01990000-0000-7000-8000-000000000005', 'button', false, 0, 'reopened', 3, '["no_fix"]', 1790000001000, 1790000001000, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1790000001000);
INSERT INTO public.presses VALUES (6, '2e689b8b-7d02-5a9a-b588-756216b67a5d', 1, 'panic', 'tracker-f', '01990000-0000-7000-8000-000000000006', 'test', false, 0, 'received', 0, '["no_fix"]', 1790000001000, 1790000001000, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1790000001000);
INSERT INTO public.presses VALUES (7, '25ad15b9-8d89-5b65-9228-d0ae5b5a0c85', 1, 'panic', 'tracker-g', NULL, 'button', true, 0, 'received', 0, '["unreadable", "no_fix"]', 1790000001000, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1790000001000);
INSERT INTO public.presses VALUES (8, '01a0c450-6fe8-79e3-acdc-54407e232081', 1, 'call', NULL, NULL, 'call', false, 0, 'received', 0, '[]', 1790000001000, NULL, NULL, NULL, NULL, 'called', NULL, NULL, NULL, 1790000001000);
INSERT INTO public.presses VALUES (9, 'c72675f0-e19f-5eef-bbb9-54fb464b4425', 1, 'panic', 'tracker-h', '01990000-0000-7000-8000-000000000007', 'button', false, 0, 'received', 0, '["no_fix"]', 1790000017000, 1790000017000, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1790000017000);
INSERT INTO public.sessions VALUES ('1a3ffb6c074270ff45cda8a54fd52b42eefd56c46c89af3e82ece28c144c9030', 'ann', 'cUQa-GN_LbkYEsdC3A6Byk5X7sN2nJwLP8H3CTzm9Ng', 1790000000000, 1790043200000, 1790000000000);
INSERT INTO public.timers VALUES ('2e689b8b-7d02-5a9a-b588-756216b67a5d', 'expire', 1790000301000, 1790000001000, 0);
INSERT INTO public.timers VALUES ('829ad647-ad26-5ea1-9fef-7a685c610ac2', 'escalate', 1790000030000, 1790000000000, 2);
INSERT INTO public.timers VALUES ('d6d17482-e2c2-5767-b6bc-8e11468f2c2f', 'escalate', 1790000031000, 1790000001000, 2);
INSERT INTO public.timers VALUES ('25ad15b9-8d89-5b65-9228-d0ae5b5a0c85', 'escalate', 1790000031000, 1790000001000, 2);
INSERT INTO public.timers VALUES ('01a0c450-6fe8-79e3-acdc-54407e232081', 'escalate', 1790000031000, 1790000001000, 2);
INSERT INTO public.timers VALUES ('c72675f0-e19f-5eef-bbb9-54fb464b4425', 'escalate', 1790000032000, 1790000017000, 1);
INSERT INTO public.trackers VALUES ('tracker-a', '{"at": 1790000000000, "state": "online", "boot": "0a0b0c0d", "connect": 3, "battery": 41, "faults": ["clock"]}', 1790000000000, '0a0b0c0d', 3);
INSERT INTO public.users VALUES ('ann', '$argon2id$v=19$m=8,t=1,p=1$wfuB3tdpUUP+jh88aS1/HQ$/1E4+esmxz3u+LmHDxYLdvHrrOfKcCmb8yNN9yiJ9SI', '["operator"]', 1790000000000, NULL);
INSERT INTO public.users VALUES ('bob', '$argon2id$v=19$m=8,t=1,p=1$/WrPipOSPy6GArc4G0mqnQ$I6O2K2m5Dd91+vxsHVe0ynKRFIzP6BLDB+bHkxUoNg8', '["observer"]', 1790000000000, NULL);
INSERT INTO public.users VALUES ('gone', '$argon2id$v=19$m=8,t=1,p=1$MT+jZSZfVMgjJWMDAqjCZQ$bUEWpYahbaUMdPQy7m805VPgYpXswjbJ2gbeSLtTlTE', '["operator"]', 1790000000000, 1790000000000);
SELECT pg_catalog.setval('public.deliveries_id_seq', 59, true);
SELECT pg_catalog.setval('public.events_id_seq', 23, true);
SELECT pg_catalog.setval('public.history_id_seq', 22, true);
SELECT pg_catalog.setval('public.login_attempts_id_seq', 2, true);
SELECT pg_catalog.setval('public.positions_id_seq', 2, true);
SELECT pg_catalog.setval('public.presses_id_seq', 9, true);
ALTER TABLE ONLY public.alembic_version
    ADD CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num);
ALTER TABLE ONLY public.api_tokens
    ADD CONSTRAINT pk_api_tokens PRIMARY KEY (id);
ALTER TABLE ONLY public.deliveries
    ADD CONSTRAINT pk_deliveries PRIMARY KEY (id);
ALTER TABLE ONLY public.events
    ADD CONSTRAINT pk_events PRIMARY KEY (id);
ALTER TABLE ONLY public.history
    ADD CONSTRAINT pk_history PRIMARY KEY (id);
ALTER TABLE ONLY public.incidents
    ADD CONSTRAINT pk_incidents PRIMARY KEY (id);
ALTER TABLE ONLY public.login_attempts
    ADD CONSTRAINT pk_login_attempts PRIMARY KEY (id);
ALTER TABLE ONLY public.payloads
    ADD CONSTRAINT pk_payloads PRIMARY KEY (device, hash);
ALTER TABLE ONLY public.positions
    ADD CONSTRAINT pk_positions PRIMARY KEY (id);
ALTER TABLE ONLY public.presses
    ADD CONSTRAINT pk_presses PRIMARY KEY (id);
ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT pk_sessions PRIMARY KEY (token_hash);
ALTER TABLE ONLY public.timers
    ADD CONSTRAINT pk_timers PRIMARY KEY (incident, kind);
ALTER TABLE ONLY public.trackers
    ADD CONSTRAINT pk_trackers PRIMARY KEY (device);
ALTER TABLE ONLY public.users
    ADD CONSTRAINT pk_users PRIMARY KEY (name);
ALTER TABLE ONLY public.api_tokens
    ADD CONSTRAINT uq_api_tokens_token_hash UNIQUE (token_hash);
ALTER TABLE ONLY public.presses
    ADD CONSTRAINT uq_presses_device_panic_id UNIQUE (device, panic_id);
ALTER TABLE ONLY public.presses
    ADD CONSTRAINT uq_presses_incident_number UNIQUE (incident, number);
CREATE INDEX ix_deliveries_incident ON public.deliveries USING btree (incident);
CREATE INDEX ix_deliveries_pending ON public.deliveries USING btree (channel, due_at) WHERE (done_at IS NULL);
CREATE INDEX ix_events_at ON public.events USING btree (at);
CREATE INDEX ix_history_incident ON public.history USING btree (incident);
CREATE INDEX ix_incidents_opened_at_id ON public.incidents USING btree (opened_at, id);
CREATE INDEX ix_incidents_state_opened_at_id ON public.incidents USING btree (state, opened_at, id);
CREATE INDEX ix_login_attempts_at ON public.login_attempts USING btree (at);
CREATE INDEX ix_login_attempts_name_at ON public.login_attempts USING btree (name, at);
CREATE INDEX ix_login_attempts_source_at ON public.login_attempts USING btree (source, at);
CREATE INDEX ix_positions_incident ON public.positions USING btree (incident);
CREATE INDEX ix_presses_stage ON public.presses USING btree (stage);
CREATE INDEX ix_sessions_expires_at ON public.sessions USING btree (expires_at);
CREATE INDEX ix_timers_due_at ON public.timers USING btree (due_at);
CREATE UNIQUE INDEX uq_incidents_open_device_class ON public.incidents USING btree (device, class_) WHERE (((state)::text <> 'closed'::text) AND (device IS NOT NULL));
ALTER TABLE ONLY public.api_tokens
    ADD CONSTRAINT fk_api_tokens_user FOREIGN KEY ("user") REFERENCES public.users(name);
ALTER TABLE ONLY public.deliveries
    ADD CONSTRAINT fk_deliveries_incident FOREIGN KEY (incident) REFERENCES public.incidents(id);
ALTER TABLE ONLY public.deliveries
    ADD CONSTRAINT fk_deliveries_position FOREIGN KEY ("position") REFERENCES public.positions(id);
ALTER TABLE ONLY public.history
    ADD CONSTRAINT fk_history_incident FOREIGN KEY (incident) REFERENCES public.incidents(id);
ALTER TABLE ONLY public.payloads
    ADD CONSTRAINT fk_payloads_press FOREIGN KEY (press) REFERENCES public.presses(id);
ALTER TABLE ONLY public.positions
    ADD CONSTRAINT fk_positions_incident FOREIGN KEY (incident) REFERENCES public.incidents(id);
ALTER TABLE ONLY public.presses
    ADD CONSTRAINT fk_presses_incident FOREIGN KEY (incident) REFERENCES public.incidents(id);
ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT fk_sessions_user FOREIGN KEY ("user") REFERENCES public.users(name);
ALTER TABLE ONLY public.timers
    ADD CONSTRAINT fk_timers_incident FOREIGN KEY (incident) REFERENCES public.incidents(id);
