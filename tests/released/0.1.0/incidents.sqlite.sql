BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0001');
CREATE TABLE api_tokens (
	id VARCHAR(36) NOT NULL, 
	token_hash VARCHAR(64) NOT NULL, 
	name VARCHAR(64) NOT NULL, 
	user VARCHAR(64), 
	scopes JSON NOT NULL, 
	created_at BIGINT NOT NULL, 
	expires_at BIGINT, 
	revoked_at BIGINT, 
	CONSTRAINT pk_api_tokens PRIMARY KEY (id), 
	CONSTRAINT fk_api_tokens_user FOREIGN KEY(user) REFERENCES users (name), 
	CONSTRAINT uq_api_tokens_token_hash UNIQUE (token_hash)
);
INSERT INTO "api_tokens" VALUES('01a0c450-6c00-73d1-a68c-10ab379ed959','f8b6b7403793d859d716bf15abb4d6a64ebab2902047cbc0a1befbd159e7b5e5','cad','ann','["incidents:read", "incidents:write"]',1790000000000,1790086400000,NULL);
INSERT INTO "api_tokens" VALUES('01a0c450-6c00-7607-9709-25dd3c899efd','2b6f12ae23e5362cbf81b293f26a73efa7ac3c4ef11dc5b352e854ae15ecff4d','reader',NULL,'["incidents:read"]',1790000000000,NULL,NULL);
CREATE TABLE deliveries (
	id INTEGER NOT NULL, 
	incident VARCHAR(36) NOT NULL, 
	channel VARCHAR(64) NOT NULL, 
	number INTEGER NOT NULL, 
	reason VARCHAR(16) NOT NULL, 
	step INTEGER, 
	position BIGINT, 
	created_at BIGINT NOT NULL, 
	due_at BIGINT NOT NULL, 
	attempts INTEGER NOT NULL, 
	done_at BIGINT, 
	error TEXT, 
	CONSTRAINT pk_deliveries PRIMARY KEY (id), 
	CONSTRAINT fk_deliveries_incident FOREIGN KEY(incident) REFERENCES incidents (id), 
	CONSTRAINT fk_deliveries_position FOREIGN KEY(position) REFERENCES positions (id)
);
INSERT INTO "deliveries" VALUES(1,'829ad647-ad26-5ea1-9fef-7a685c610ac2','release',0,'position',NULL,1,1790000000000,1790000022000,1,1790000017000,NULL);
INSERT INTO "deliveries" VALUES(2,'829ad647-ad26-5ea1-9fef-7a685c610ac2','log',0,'raised',0,NULL,1790000000000,1790000022000,1,1790000017000,NULL);
INSERT INTO "deliveries" VALUES(3,'829ad647-ad26-5ea1-9fef-7a685c610ac2','webhook',0,'raised',0,NULL,1790000000000,1790000022000,1,1790000017000,NULL);
INSERT INTO "deliveries" VALUES(4,'829ad647-ad26-5ea1-9fef-7a685c610ac2','release',0,'raised',0,NULL,1790000000000,1790000022000,1,1790000017000,NULL);
INSERT INTO "deliveries" VALUES(5,'829ad647-ad26-5ea1-9fef-7a685c610ac2','log',1,'pressed',NULL,NULL,1790000001000,1790000022000,1,1790000017000,NULL);
INSERT INTO "deliveries" VALUES(6,'829ad647-ad26-5ea1-9fef-7a685c610ac2','webhook',1,'pressed',NULL,NULL,1790000001000,1790000022000,1,1790000017000,NULL);
INSERT INTO "deliveries" VALUES(7,'829ad647-ad26-5ea1-9fef-7a685c610ac2','release',1,'pressed',NULL,NULL,1790000001000,1790000022000,1,1790000017000,NULL);
INSERT INTO "deliveries" VALUES(8,'829ad647-ad26-5ea1-9fef-7a685c610ac2','release',2,'position',NULL,2,1790000001000,1790000022000,1,1790000017000,NULL);
INSERT INTO "deliveries" VALUES(9,'858bccd0-0664-5d99-be98-f77d845625eb','log',0,'raised',0,NULL,1790000001000,1790000022000,1,1790000017000,NULL);
INSERT INTO "deliveries" VALUES(10,'858bccd0-0664-5d99-be98-f77d845625eb','webhook',0,'raised',0,NULL,1790000001000,1790000022000,1,1790000017000,NULL);
INSERT INTO "deliveries" VALUES(11,'858bccd0-0664-5d99-be98-f77d845625eb','release',0,'raised',0,NULL,1790000001000,1790000022000,1,1790000017000,NULL);
INSERT INTO "deliveries" VALUES(12,'858bccd0-0664-5d99-be98-f77d845625eb','log',1,'changed',NULL,NULL,1790000001000,1790000022000,1,1790000017000,NULL);
INSERT INTO "deliveries" VALUES(13,'858bccd0-0664-5d99-be98-f77d845625eb','webhook',1,'changed',NULL,NULL,1790000001000,1790000022000,1,1790000017000,NULL);
INSERT INTO "deliveries" VALUES(14,'858bccd0-0664-5d99-be98-f77d845625eb','release',1,'changed',NULL,NULL,1790000001000,1790000022000,1,1790000017000,NULL);
INSERT INTO "deliveries" VALUES(15,'858bccd0-0664-5d99-be98-f77d845625eb','log',2,'changed',NULL,NULL,1790000001000,1790000022000,1,1790000017000,NULL);
INSERT INTO "deliveries" VALUES(16,'858bccd0-0664-5d99-be98-f77d845625eb','webhook',2,'changed',NULL,NULL,1790000001000,1790000022000,1,1790000017000,NULL);
INSERT INTO "deliveries" VALUES(17,'858bccd0-0664-5d99-be98-f77d845625eb','release',2,'changed',NULL,NULL,1790000001000,1790000022000,1,1790000017000,NULL);
INSERT INTO "deliveries" VALUES(18,'858bccd0-0664-5d99-be98-f77d845625eb','log',3,'changed',NULL,NULL,1790000001000,1790000022000,1,1790000017000,NULL);
INSERT INTO "deliveries" VALUES(19,'858bccd0-0664-5d99-be98-f77d845625eb','webhook',3,'changed',NULL,NULL,1790000001000,1790000022000,1,1790000017000,NULL);
INSERT INTO "deliveries" VALUES(20,'858bccd0-0664-5d99-be98-f77d845625eb','release',3,'changed',NULL,NULL,1790000001000,1790000022000,1,1790000017000,NULL);
INSERT INTO "deliveries" VALUES(21,'95f5584c-b33d-5904-8aa8-d33909114a04','log',0,'raised',0,NULL,1790000001000,1790000022000,1,1790000017000,NULL);
INSERT INTO "deliveries" VALUES(22,'95f5584c-b33d-5904-8aa8-d33909114a04','webhook',0,'raised',0,NULL,1790000001000,1790000022000,1,1790000017000,NULL);
INSERT INTO "deliveries" VALUES(23,'95f5584c-b33d-5904-8aa8-d33909114a04','release',0,'raised',0,NULL,1790000001000,1790000022000,1,1790000017000,NULL);
INSERT INTO "deliveries" VALUES(24,'95f5584c-b33d-5904-8aa8-d33909114a04','log',1,'changed',NULL,NULL,1790000001000,1790000022000,1,1790000017000,NULL);
INSERT INTO "deliveries" VALUES(25,'95f5584c-b33d-5904-8aa8-d33909114a04','webhook',1,'changed',NULL,NULL,1790000001000,1790000022000,1,1790000017000,NULL);
INSERT INTO "deliveries" VALUES(26,'95f5584c-b33d-5904-8aa8-d33909114a04','release',1,'changed',NULL,NULL,1790000001000,1790000022000,1,1790000017000,NULL);
INSERT INTO "deliveries" VALUES(27,'95f5584c-b33d-5904-8aa8-d33909114a04','log',2,'changed',NULL,NULL,1790000001000,1790000022000,1,1790000017000,NULL);
INSERT INTO "deliveries" VALUES(28,'95f5584c-b33d-5904-8aa8-d33909114a04','webhook',2,'changed',NULL,NULL,1790000001000,1790000022000,1,1790000017000,NULL);
INSERT INTO "deliveries" VALUES(29,'95f5584c-b33d-5904-8aa8-d33909114a04','release',2,'changed',NULL,NULL,1790000001000,1790000022000,1,1790000017000,NULL);
INSERT INTO "deliveries" VALUES(30,'d6d17482-e2c2-5767-b6bc-8e11468f2c2f','log',0,'raised',0,NULL,1790000001000,1790000022000,1,1790000017000,NULL);
INSERT INTO "deliveries" VALUES(31,'d6d17482-e2c2-5767-b6bc-8e11468f2c2f','webhook',0,'raised',0,NULL,1790000001000,1790000022000,1,1790000017000,NULL);
INSERT INTO "deliveries" VALUES(32,'d6d17482-e2c2-5767-b6bc-8e11468f2c2f','release',0,'raised',0,NULL,1790000001000,1790000022000,1,1790000017000,NULL);
INSERT INTO "deliveries" VALUES(33,'d6d17482-e2c2-5767-b6bc-8e11468f2c2f','log',1,'changed',NULL,NULL,1790000001000,1790000022000,1,1790000017000,NULL);
INSERT INTO "deliveries" VALUES(34,'d6d17482-e2c2-5767-b6bc-8e11468f2c2f','webhook',1,'changed',NULL,NULL,1790000001000,1790000022000,1,1790000017000,NULL);
INSERT INTO "deliveries" VALUES(35,'d6d17482-e2c2-5767-b6bc-8e11468f2c2f','release',1,'changed',NULL,NULL,1790000001000,1790000022000,1,1790000017000,NULL);
INSERT INTO "deliveries" VALUES(36,'d6d17482-e2c2-5767-b6bc-8e11468f2c2f','log',2,'changed',NULL,NULL,1790000001000,1790000022000,1,1790000017000,NULL);
INSERT INTO "deliveries" VALUES(37,'d6d17482-e2c2-5767-b6bc-8e11468f2c2f','webhook',2,'changed',NULL,NULL,1790000001000,1790000022000,1,1790000017000,NULL);
INSERT INTO "deliveries" VALUES(38,'d6d17482-e2c2-5767-b6bc-8e11468f2c2f','release',2,'changed',NULL,NULL,1790000001000,1790000022000,1,1790000017000,NULL);
INSERT INTO "deliveries" VALUES(39,'d6d17482-e2c2-5767-b6bc-8e11468f2c2f','log',3,'raised',0,NULL,1790000001000,1790000022000,1,1790000017000,NULL);
INSERT INTO "deliveries" VALUES(40,'d6d17482-e2c2-5767-b6bc-8e11468f2c2f','webhook',3,'raised',0,NULL,1790000001000,1790000022000,1,1790000017000,NULL);
INSERT INTO "deliveries" VALUES(41,'d6d17482-e2c2-5767-b6bc-8e11468f2c2f','release',3,'raised',0,NULL,1790000001000,1790000022000,1,1790000017000,NULL);
INSERT INTO "deliveries" VALUES(42,'2e689b8b-7d02-5a9a-b588-756216b67a5d','log',0,'raised',0,NULL,1790000001000,1790000022000,1,1790000017000,NULL);
INSERT INTO "deliveries" VALUES(43,'25ad15b9-8d89-5b65-9228-d0ae5b5a0c85','log',0,'raised',0,NULL,1790000001000,1790000022000,1,1790000017000,NULL);
INSERT INTO "deliveries" VALUES(44,'25ad15b9-8d89-5b65-9228-d0ae5b5a0c85','webhook',0,'raised',0,NULL,1790000001000,1790000022000,1,1790000017000,NULL);
INSERT INTO "deliveries" VALUES(45,'25ad15b9-8d89-5b65-9228-d0ae5b5a0c85','release',0,'raised',0,NULL,1790000001000,1790000022000,1,1790000017000,NULL);
INSERT INTO "deliveries" VALUES(46,'01a0c450-6fe8-7e4e-b144-c35105b3bf5c','log',0,'raised',0,NULL,1790000001000,1790000022000,1,1790000017000,NULL);
INSERT INTO "deliveries" VALUES(47,'01a0c450-6fe8-7e4e-b144-c35105b3bf5c','webhook',0,'raised',0,NULL,1790000001000,1790000022000,1,1790000017000,NULL);
INSERT INTO "deliveries" VALUES(48,'01a0c450-6fe8-7e4e-b144-c35105b3bf5c','release',0,'raised',0,NULL,1790000001000,1790000022000,1,1790000017000,NULL);
INSERT INTO "deliveries" VALUES(49,'829ad647-ad26-5ea1-9fef-7a685c610ac2','log',2,'escalated',1,NULL,1790000017000,1790000022000,1,1790000017000,NULL);
INSERT INTO "deliveries" VALUES(50,'829ad647-ad26-5ea1-9fef-7a685c610ac2','webhook',2,'escalated',1,NULL,1790000017000,1790000022000,1,1790000017000,NULL);
INSERT INTO "deliveries" VALUES(51,'d6d17482-e2c2-5767-b6bc-8e11468f2c2f','log',4,'escalated',1,NULL,1790000017000,1790000022000,1,1790000017000,NULL);
INSERT INTO "deliveries" VALUES(52,'d6d17482-e2c2-5767-b6bc-8e11468f2c2f','webhook',4,'escalated',1,NULL,1790000017000,1790000022000,1,1790000017000,NULL);
INSERT INTO "deliveries" VALUES(53,'25ad15b9-8d89-5b65-9228-d0ae5b5a0c85','log',1,'escalated',1,NULL,1790000017000,1790000022000,1,1790000017000,NULL);
INSERT INTO "deliveries" VALUES(54,'25ad15b9-8d89-5b65-9228-d0ae5b5a0c85','webhook',1,'escalated',1,NULL,1790000017000,1790000022000,1,1790000017000,NULL);
INSERT INTO "deliveries" VALUES(55,'01a0c450-6fe8-7e4e-b144-c35105b3bf5c','log',1,'escalated',1,NULL,1790000017000,1790000022000,1,1790000017000,NULL);
INSERT INTO "deliveries" VALUES(56,'01a0c450-6fe8-7e4e-b144-c35105b3bf5c','webhook',1,'escalated',1,NULL,1790000017000,1790000022000,1,1790000017000,NULL);
INSERT INTO "deliveries" VALUES(57,'c72675f0-e19f-5eef-bbb9-54fb464b4425','log',0,'raised',0,NULL,1790000017000,1790000017000,0,NULL,NULL);
INSERT INTO "deliveries" VALUES(58,'c72675f0-e19f-5eef-bbb9-54fb464b4425','webhook',0,'raised',0,NULL,1790000017000,1790000017000,0,NULL,NULL);
INSERT INTO "deliveries" VALUES(59,'c72675f0-e19f-5eef-bbb9-54fb464b4425','release',0,'raised',0,NULL,1790000017000,1790000017000,0,NULL,NULL);
CREATE TABLE events (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	at BIGINT NOT NULL, 
	type VARCHAR(16) NOT NULL, 
	incident VARCHAR(36) NOT NULL, 
	version BIGINT NOT NULL
);
INSERT INTO "events" VALUES(1,1790000000000,'raised','829ad647-ad26-5ea1-9fef-7a685c610ac2',1);
INSERT INTO "events" VALUES(2,1790000001000,'pressed','829ad647-ad26-5ea1-9fef-7a685c610ac2',2);
INSERT INTO "events" VALUES(3,1790000001000,'updated','829ad647-ad26-5ea1-9fef-7a685c610ac2',3);
INSERT INTO "events" VALUES(4,1790000001000,'raised','858bccd0-0664-5d99-be98-f77d845625eb',1);
INSERT INTO "events" VALUES(5,1790000001000,'presented','858bccd0-0664-5d99-be98-f77d845625eb',2);
INSERT INTO "events" VALUES(6,1790000001000,'acknowledged','858bccd0-0664-5d99-be98-f77d845625eb',3);
INSERT INTO "events" VALUES(7,1790000001000,'dispatched','858bccd0-0664-5d99-be98-f77d845625eb',4);
INSERT INTO "events" VALUES(8,1790000001000,'on_scene','858bccd0-0664-5d99-be98-f77d845625eb',5);
INSERT INTO "events" VALUES(9,1790000001000,'raised','95f5584c-b33d-5904-8aa8-d33909114a04',1);
INSERT INTO "events" VALUES(10,1790000001000,'acknowledged','95f5584c-b33d-5904-8aa8-d33909114a04',2);
INSERT INTO "events" VALUES(11,1790000001000,'closed','95f5584c-b33d-5904-8aa8-d33909114a04',3);
INSERT INTO "events" VALUES(12,1790000001000,'raised','d6d17482-e2c2-5767-b6bc-8e11468f2c2f',1);
INSERT INTO "events" VALUES(13,1790000001000,'acknowledged','d6d17482-e2c2-5767-b6bc-8e11468f2c2f',2);
INSERT INTO "events" VALUES(14,1790000001000,'closed','d6d17482-e2c2-5767-b6bc-8e11468f2c2f',3);
INSERT INTO "events" VALUES(15,1790000001000,'reopened','d6d17482-e2c2-5767-b6bc-8e11468f2c2f',4);
INSERT INTO "events" VALUES(16,1790000001000,'raised','2e689b8b-7d02-5a9a-b588-756216b67a5d',1);
INSERT INTO "events" VALUES(17,1790000001000,'raised','25ad15b9-8d89-5b65-9228-d0ae5b5a0c85',1);
INSERT INTO "events" VALUES(18,1790000001000,'raised','01a0c450-6fe8-7e4e-b144-c35105b3bf5c',1);
INSERT INTO "events" VALUES(19,1790000017000,'escalated','829ad647-ad26-5ea1-9fef-7a685c610ac2',4);
INSERT INTO "events" VALUES(20,1790000017000,'escalated','d6d17482-e2c2-5767-b6bc-8e11468f2c2f',5);
INSERT INTO "events" VALUES(21,1790000017000,'escalated','25ad15b9-8d89-5b65-9228-d0ae5b5a0c85',2);
INSERT INTO "events" VALUES(22,1790000017000,'escalated','01a0c450-6fe8-7e4e-b144-c35105b3bf5c',2);
INSERT INTO "events" VALUES(23,1790000017000,'raised','c72675f0-e19f-5eef-bbb9-54fb464b4425',1);
CREATE TABLE history (
	id INTEGER NOT NULL, 
	incident VARCHAR(36) NOT NULL, 
	at BIGINT NOT NULL, 
	event VARCHAR(32) NOT NULL, 
	state VARCHAR(16) NOT NULL, 
	actor VARCHAR(64), 
	note TEXT, 
	CONSTRAINT pk_history PRIMARY KEY (id), 
	CONSTRAINT fk_history_incident FOREIGN KEY(incident) REFERENCES incidents (id)
);
INSERT INTO "history" VALUES(1,'829ad647-ad26-5ea1-9fef-7a685c610ac2',1790000000000,'raised','raised',NULL,'help');
INSERT INTO "history" VALUES(2,'829ad647-ad26-5ea1-9fef-7a685c610ac2',1790000001000,'pressed','raised',NULL,NULL);
INSERT INTO "history" VALUES(3,'858bccd0-0664-5d99-be98-f77d845625eb',1790000001000,'raised','raised',NULL,NULL);
INSERT INTO "history" VALUES(4,'858bccd0-0664-5d99-be98-f77d845625eb',1790000001000,'presented','raised','ann',NULL);
INSERT INTO "history" VALUES(5,'858bccd0-0664-5d99-be98-f77d845625eb',1790000001000,'acknowledged','acknowledged','ann',NULL);
INSERT INTO "history" VALUES(6,'858bccd0-0664-5d99-be98-f77d845625eb',1790000001000,'dispatched','dispatched','ann',NULL);
INSERT INTO "history" VALUES(7,'858bccd0-0664-5d99-be98-f77d845625eb',1790000001000,'on_scene','on_scene','ann',NULL);
INSERT INTO "history" VALUES(8,'95f5584c-b33d-5904-8aa8-d33909114a04',1790000001000,'raised','raised',NULL,NULL);
INSERT INTO "history" VALUES(9,'95f5584c-b33d-5904-8aa8-d33909114a04',1790000001000,'acknowledged','acknowledged','ann','on my way');
INSERT INTO "history" VALUES(10,'95f5584c-b33d-5904-8aa8-d33909114a04',1790000001000,'closed','closed','ann','found asleep');
INSERT INTO "history" VALUES(11,'d6d17482-e2c2-5767-b6bc-8e11468f2c2f',1790000001000,'raised','raised',NULL,NULL);
INSERT INTO "history" VALUES(12,'d6d17482-e2c2-5767-b6bc-8e11468f2c2f',1790000001000,'acknowledged','acknowledged','bob',NULL);
INSERT INTO "history" VALUES(13,'d6d17482-e2c2-5767-b6bc-8e11468f2c2f',1790000001000,'closed','closed','bob',NULL);
INSERT INTO "history" VALUES(14,'d6d17482-e2c2-5767-b6bc-8e11468f2c2f',1790000001000,'reopened','raised','ann',NULL);
INSERT INTO "history" VALUES(15,'2e689b8b-7d02-5a9a-b588-756216b67a5d',1790000001000,'raised','raised',NULL,NULL);
INSERT INTO "history" VALUES(16,'25ad15b9-8d89-5b65-9228-d0ae5b5a0c85',1790000001000,'raised','raised',NULL,NULL);
INSERT INTO "history" VALUES(17,'01a0c450-6fe8-7e4e-b144-c35105b3bf5c',1790000001000,'raised','raised','ann','called');
INSERT INTO "history" VALUES(18,'829ad647-ad26-5ea1-9fef-7a685c610ac2',1790000017000,'escalated','raised',NULL,'step 1');
INSERT INTO "history" VALUES(19,'d6d17482-e2c2-5767-b6bc-8e11468f2c2f',1790000017000,'escalated','raised',NULL,'step 1');
INSERT INTO "history" VALUES(20,'25ad15b9-8d89-5b65-9228-d0ae5b5a0c85',1790000017000,'escalated','raised',NULL,'step 1');
INSERT INTO "history" VALUES(21,'01a0c450-6fe8-7e4e-b144-c35105b3bf5c',1790000017000,'escalated','raised',NULL,'step 1');
INSERT INTO "history" VALUES(22,'c72675f0-e19f-5eef-bbb9-54fb464b4425',1790000017000,'raised','raised',NULL,NULL);
CREATE TABLE incidents (
	id VARCHAR(36) NOT NULL, 
	version BIGINT NOT NULL, 
	class_ VARCHAR(16) NOT NULL, 
	origin VARCHAR(16) NOT NULL, 
	state VARCHAR(16) NOT NULL, 
	kind VARCHAR(16) NOT NULL, 
	priority INTEGER NOT NULL, 
	marks JSON NOT NULL, 
	silent BOOLEAN NOT NULL, 
	unacknowledged BOOLEAN NOT NULL, 
	presses INTEGER NOT NULL, 
	device VARCHAR(63), 
	phone VARCHAR(64), 
	case_number VARCHAR(64), 
	opened_at BIGINT NOT NULL, 
	changed_at BIGINT NOT NULL, 
	pressed_at BIGINT, 
	acknowledged_at BIGINT, 
	acknowledged_by VARCHAR(64), 
	dispatched_at BIGINT, 
	dispatched_by VARCHAR(64), 
	on_scene_at BIGINT, 
	on_scene_by VARCHAR(64), 
	closed_at BIGINT, 
	closed_by VARCHAR(64), 
	disposition VARCHAR(16), 
	alerts INTEGER NOT NULL, 
	alerted_at BIGINT NOT NULL, 
	CONSTRAINT pk_incidents PRIMARY KEY (id)
);
INSERT INTO "incidents" VALUES('829ad647-ad26-5ea1-9fef-7a685c610ac2',4,'production','panic','raised','button',1,'[]',1,1,2,'tracker-a',NULL,NULL,1790000000000,1790000017000,1790000000000,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,3,1790000010000);
INSERT INTO "incidents" VALUES('858bccd0-0664-5d99-be98-f77d845625eb',5,'production','panic','on_scene','button',3,'["no_fix"]',0,0,1,'tracker-b',NULL,NULL,1790000001000,1790000001000,1790000001000,1790000001000,'ann',1790000001000,'ann',1790000001000,'ann',NULL,NULL,NULL,4,1790000001000);
INSERT INTO "incidents" VALUES('95f5584c-b33d-5904-8aa8-d33909114a04',3,'production','panic','closed','button',3,'["cancel_requested", "no_fix"]',0,0,1,'tracker-d',NULL,NULL,1790000001000,1790000001000,1790000001000,1790000001000,'ann',NULL,NULL,NULL,NULL,1790000001000,'ann','false_alarm',3,1790000001000);
INSERT INTO "incidents" VALUES('d6d17482-e2c2-5767-b6bc-8e11468f2c2f',5,'production','panic','raised','button',3,'["no_fix"]',0,1,1,'tracker-e',NULL,NULL,1790000001000,1790000017000,1790000001000,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,5,1790000001000);
INSERT INTO "incidents" VALUES('2e689b8b-7d02-5a9a-b588-756216b67a5d',1,'test','panic','raised','test',5,'["no_fix"]',0,1,1,'tracker-f',NULL,NULL,1790000001000,1790000001000,1790000001000,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,1,1790000001000);
INSERT INTO "incidents" VALUES('25ad15b9-8d89-5b65-9228-d0ae5b5a0c85',2,'production','panic','raised','button',2,'["unreadable", "no_fix"]',1,1,1,'tracker-g',NULL,NULL,1790000001000,1790000017000,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,2,1790000001000);
INSERT INTO "incidents" VALUES('01a0c450-6fe8-7e4e-b144-c35105b3bf5c',2,'production','call','raised','call',3,'[]',0,1,1,NULL,'110-7','A 7',1790000001000,1790000017000,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,2,1790000001000);
INSERT INTO "incidents" VALUES('c72675f0-e19f-5eef-bbb9-54fb464b4425',1,'production','panic','raised','button',3,'["no_fix"]',0,1,1,'tracker-h',NULL,NULL,1790000017000,1790000017000,1790000017000,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,1,1790000017000);
CREATE TABLE login_attempts (
	id INTEGER NOT NULL, 
	name VARCHAR(64) NOT NULL, 
	source VARCHAR(64) NOT NULL, 
	at BIGINT NOT NULL, 
	succeeded BOOLEAN NOT NULL, 
	CONSTRAINT pk_login_attempts PRIMARY KEY (id)
);
INSERT INTO "login_attempts" VALUES(1,'49915e0d7d4b402e3017d010bc1c0e83cac6c797d6c16e66340fe3268693a6a1','192.0.2.1',1790000000000,1);
INSERT INTO "login_attempts" VALUES(2,'81b637d8fcd2c6da6359e6963113a1170de795e4b725b84d1e0b4cfd9ec58ce9','192.0.2.1',1790000000000,0);
CREATE TABLE payloads (
	device VARCHAR(63) NOT NULL, 
	hash VARCHAR(64) NOT NULL, 
	press BIGINT NOT NULL, 
	at BIGINT NOT NULL, 
	CONSTRAINT pk_payloads PRIMARY KEY (device, hash), 
	CONSTRAINT fk_payloads_press FOREIGN KEY(press) REFERENCES presses (id)
);
INSERT INTO "payloads" VALUES('tracker-g','ecb901ed3852831d4e9985e5d237a9cf33791c8e66ee83eb7466ea994162ad86',7,1790000001000);
CREATE TABLE positions (
	id INTEGER NOT NULL, 
	incident VARCHAR(36) NOT NULL, 
	device VARCHAR(63) NOT NULL, 
	place JSON NOT NULL, 
	arrived_at BIGINT NOT NULL, 
	CONSTRAINT pk_positions PRIMARY KEY (id), 
	CONSTRAINT fk_positions_incident FOREIGN KEY(incident) REFERENCES incidents (id)
);
INSERT INTO "positions" VALUES(1,'829ad647-ad26-5ea1-9fef-7a685c610ac2','tracker-a','{"lat": 25.03, "lon": 121.56, "time": 1790000000000, "alt": null, "speed": null, "course": null, "accuracy": 12.5, "hdop": null, "satellites": null, "fix": null, "battery": null, "trigger": null, "clock": null, "jump": null, "time_raw": null}',1790000000000);
INSERT INTO "positions" VALUES(2,'829ad647-ad26-5ea1-9fef-7a685c610ac2','tracker-a','{"lat": 25.03, "lon": 121.56, "time": 1790000001000, "alt": null, "speed": null, "course": null, "accuracy": null, "hdop": null, "satellites": null, "fix": null, "battery": null, "trigger": null, "clock": null, "jump": null, "time_raw": null}',1790000001000);
CREATE TABLE presses (
	id INTEGER NOT NULL, 
	incident VARCHAR(36) NOT NULL, 
	number INTEGER NOT NULL, 
	origin VARCHAR(16) NOT NULL, 
	device VARCHAR(63), 
	panic_id VARCHAR(36), 
	kind VARCHAR(16) NOT NULL, 
	silent BOOLEAN NOT NULL, 
	"update" BIGINT NOT NULL, 
	stage VARCHAR(16) NOT NULL, 
	version BIGINT NOT NULL, 
	marks JSON NOT NULL, 
	received_at BIGINT NOT NULL, 
	pressed_at BIGINT, 
	presented_at BIGINT, 
	acknowledged_at BIGINT, 
	acknowledged_by VARCHAR(64), 
	note TEXT, 
	place JSON, 
	fixed_at BIGINT, 
	placed_at BIGINT, 
	alerted_at BIGINT NOT NULL, 
	CONSTRAINT pk_presses PRIMARY KEY (id), 
	CONSTRAINT fk_presses_incident FOREIGN KEY(incident) REFERENCES incidents (id), 
	CONSTRAINT uq_presses_device_panic_id UNIQUE (device, panic_id), 
	CONSTRAINT uq_presses_incident_number UNIQUE (incident, number)
);
INSERT INTO "presses" VALUES(1,'829ad647-ad26-5ea1-9fef-7a685c610ac2',1,'panic','tracker-a','01990000-0000-7000-8000-000000000001','button',0,0,'received',0,'[]',1790000000000,1790000000000,NULL,NULL,NULL,'help','{"lat": 25.03, "lon": 121.56, "time": 1790000000000, "alt": null, "speed": null, "course": null, "accuracy": 12.5, "hdop": null, "satellites": null, "fix": null, "battery": null, "trigger": null, "clock": null, "jump": null, "time_raw": null}',1790000000000,1790000000000,1790000000000);
INSERT INTO "presses" VALUES(2,'829ad647-ad26-5ea1-9fef-7a685c610ac2',2,'panic','tracker-a','01990000-0000-7000-8000-000000000002','button',1,1,'received',0,'[]',1790000001000,1790000001000,NULL,NULL,NULL,NULL,'{"lat": 25.03, "lon": 121.56, "time": 1790000001000, "alt": null, "speed": null, "course": null, "accuracy": null, "hdop": null, "satellites": null, "fix": null, "battery": null, "trigger": null, "clock": null, "jump": null, "time_raw": null}',1790000001000,1790000001000,1790000001000);
INSERT INTO "presses" VALUES(3,'858bccd0-0664-5d99-be98-f77d845625eb',1,'panic','tracker-b','01990000-0000-7000-8000-000000000003','button',0,0,'on_scene',4,'["no_fix"]',1790000001000,1790000001000,1790000001000,1790000001000,'ann',NULL,NULL,NULL,NULL,1790000001000);
INSERT INTO "presses" VALUES(4,'95f5584c-b33d-5904-8aa8-d33909114a04',1,'panic','tracker-d','01990000-0000-7000-8000-000000000004','button',0,0,'closed',2,'["cancel_requested", "no_fix"]',1790000001000,1790000001000,NULL,1790000001000,'ann',NULL,NULL,NULL,NULL,1790000001000);
INSERT INTO "presses" VALUES(5,'d6d17482-e2c2-5767-b6bc-8e11468f2c2f',1,'panic','tracker-e','01990000-0000-7000-8000-000000000005','button',0,0,'reopened',3,'["no_fix"]',1790000001000,1790000001000,NULL,NULL,NULL,NULL,NULL,NULL,NULL,1790000001000);
INSERT INTO "presses" VALUES(6,'2e689b8b-7d02-5a9a-b588-756216b67a5d',1,'panic','tracker-f','01990000-0000-7000-8000-000000000006','test',0,0,'received',0,'["no_fix"]',1790000001000,1790000001000,NULL,NULL,NULL,NULL,NULL,NULL,NULL,1790000001000);
INSERT INTO "presses" VALUES(7,'25ad15b9-8d89-5b65-9228-d0ae5b5a0c85',1,'panic','tracker-g',NULL,'button',1,0,'received',0,'["unreadable", "no_fix"]',1790000001000,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,1790000001000);
INSERT INTO "presses" VALUES(8,'01a0c450-6fe8-7e4e-b144-c35105b3bf5c',1,'call',NULL,NULL,'call',0,0,'received',0,'[]',1790000001000,NULL,NULL,NULL,NULL,'called',NULL,NULL,NULL,1790000001000);
INSERT INTO "presses" VALUES(9,'c72675f0-e19f-5eef-bbb9-54fb464b4425',1,'panic','tracker-h','01990000-0000-7000-8000-000000000007','button',0,0,'received',0,'["no_fix"]',1790000017000,1790000017000,NULL,NULL,NULL,NULL,NULL,NULL,NULL,1790000017000);
CREATE TABLE sessions (
	token_hash VARCHAR(64) NOT NULL, 
	user VARCHAR(64) NOT NULL, 
	csrf VARCHAR(64) NOT NULL, 
	created_at BIGINT NOT NULL, 
	expires_at BIGINT NOT NULL, 
	last_seen_at BIGINT NOT NULL, 
	CONSTRAINT pk_sessions PRIMARY KEY (token_hash), 
	CONSTRAINT fk_sessions_user FOREIGN KEY(user) REFERENCES users (name)
);
INSERT INTO "sessions" VALUES('2e5af24f5a51dfaea630b17f418544e3fde05217392cbf7b783a0556fc0486be','ann','NUkIWvg8k6RWYfTK36NVMgnlDFgOxQMgdNFFLNwlK9I',1790000000000,1790043200000,1790000000000);
CREATE TABLE timers (
	incident VARCHAR(36) NOT NULL, 
	kind VARCHAR(16) NOT NULL, 
	due_at BIGINT NOT NULL, 
	armed_at BIGINT NOT NULL, 
	step INTEGER NOT NULL, 
	CONSTRAINT pk_timers PRIMARY KEY (incident, kind), 
	CONSTRAINT fk_timers_incident FOREIGN KEY(incident) REFERENCES incidents (id)
);
INSERT INTO "timers" VALUES('2e689b8b-7d02-5a9a-b588-756216b67a5d','expire',1790000301000,1790000001000,0);
INSERT INTO "timers" VALUES('829ad647-ad26-5ea1-9fef-7a685c610ac2','escalate',1790000030000,1790000000000,2);
INSERT INTO "timers" VALUES('d6d17482-e2c2-5767-b6bc-8e11468f2c2f','escalate',1790000031000,1790000001000,2);
INSERT INTO "timers" VALUES('25ad15b9-8d89-5b65-9228-d0ae5b5a0c85','escalate',1790000031000,1790000001000,2);
INSERT INTO "timers" VALUES('01a0c450-6fe8-7e4e-b144-c35105b3bf5c','escalate',1790000031000,1790000001000,2);
INSERT INTO "timers" VALUES('c72675f0-e19f-5eef-bbb9-54fb464b4425','escalate',1790000032000,1790000017000,1);
CREATE TABLE trackers (
	device VARCHAR(63) NOT NULL, 
	status JSON NOT NULL, 
	arrived_at BIGINT NOT NULL, 
	online_boot VARCHAR(8), 
	online_connect BIGINT, 
	CONSTRAINT pk_trackers PRIMARY KEY (device)
);
INSERT INTO "trackers" VALUES('tracker-a','{"at": 1790000000000, "state": "online", "boot": "0a0b0c0d", "connect": 3, "battery": 41, "faults": ["clock"]}',1790000000000,'0a0b0c0d',3);
CREATE TABLE users (
	name VARCHAR(64) NOT NULL, 
	password_hash TEXT NOT NULL, 
	roles JSON NOT NULL, 
	created_at BIGINT NOT NULL, 
	disabled_at BIGINT, 
	CONSTRAINT pk_users PRIMARY KEY (name)
);
INSERT INTO "users" VALUES('ann','$argon2id$v=19$m=8,t=1,p=1$pYcnYcUJKNyTy5wuC9lpBQ$XcwfD0hlMFLPJ4WbjwBfLIpGtUKBq5f2fesqik6VXvg','["operator"]',1790000000000,NULL);
INSERT INTO "users" VALUES('bob','$argon2id$v=19$m=8,t=1,p=1$ShfDjqcQFyaBUKQSILYGtA$4abUwfDlu4+Ngxe+UPkX+4c1+BjLdNQpPu4rGRJa6xA','["observer"]',1790000000000,NULL);
INSERT INTO "users" VALUES('gone','$argon2id$v=19$m=8,t=1,p=1$9P1OtV4B7L/CP3XmQzNvag$lKz6kbODuSg/wHDvFJYjus+Zmvs/iC3fnRooOSZzC9Y','["operator"]',1790000000000,1790000000000);
CREATE INDEX ix_events_at ON events (at);
CREATE INDEX ix_incidents_opened_at_id ON incidents (opened_at, id);
CREATE INDEX ix_incidents_state_opened_at_id ON incidents (state, opened_at, id);
CREATE UNIQUE INDEX uq_incidents_open_device_class ON incidents (device, class_) WHERE state <> 'closed' AND device IS NOT NULL;
CREATE INDEX ix_login_attempts_at ON login_attempts (at);
CREATE INDEX ix_login_attempts_name_at ON login_attempts (name, at);
CREATE INDEX ix_login_attempts_source_at ON login_attempts (source, at);
CREATE INDEX ix_history_incident ON history (incident);
CREATE INDEX ix_positions_incident ON positions (incident);
CREATE INDEX ix_presses_stage ON presses (stage);
CREATE INDEX ix_sessions_expires_at ON sessions (expires_at);
CREATE INDEX ix_timers_due_at ON timers (due_at);
CREATE INDEX ix_deliveries_incident ON deliveries (incident);
CREATE INDEX ix_deliveries_pending ON deliveries (channel, due_at) WHERE done_at IS NULL;
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('events',23);
COMMIT;
PRAGMA user_version=0;
