BEGIN TRANSACTION;
CREATE TABLE incident (
    incident TEXT NOT NULL, ts INTEGER NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (incident, ts)
) STRICT, WITHOUT ROWID;
INSERT INTO "incident" VALUES('i-1',1790000000000000003,'{"incident":{"incident":"i-1","version":3,"class":"production","origin":"panic","state":"raised","priority":3,"marks":["late"],"opened_at":1790000000000,"kind":"button","device":"tracker-a"},"changed_at":1790000000000,"presses":2,"dispatched_at":null,"on_scene_at":null}');
CREATE TABLE location (
    device TEXT NOT NULL, ts INTEGER NOT NULL, marks INTEGER NOT NULL,
    boot TEXT NOT NULL, seq INTEGER NOT NULL, lat REAL NOT NULL, lon REAL NOT NULL,
    alt REAL, speed REAL, course REAL, accuracy REAL, hdop REAL, satellites INTEGER,
    fix TEXT, battery INTEGER, "trigger" TEXT, clock TEXT, jump INTEGER, time_raw INTEGER,
    PRIMARY KEY (device, ts)
) STRICT, WITHOUT ROWID;
INSERT INTO "location" VALUES('tracker-a',1790000000000000007,2,'0a0b0c0d',7,25.03,121.56,12.0,1.5,90.0,8.0,0.9,9,'dgps',80,'turn','gps',1,1789999999999);
INSERT INTO "location" VALUES('tracker-a',1790000001000000008,0,'0a0b0c0d',8,25.0,121.5,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
CREATE TABLE released_track (
    incident TEXT NOT NULL, device TEXT NOT NULL, ts INTEGER NOT NULL, location TEXT NOT NULL,
    PRIMARY KEY (incident, device, ts)
) STRICT, WITHOUT ROWID;
INSERT INTO "released_track" VALUES('i-1','tracker-a',1790000000000000007,'{"boot":"0a0b0c0d","seq":7,"time":1790000000000,"lat":25.03,"lon":121.56,"alt":12.0,"speed":1.5,"course":90.0,"accuracy":8.0,"hdop":0.9,"satellites":9,"fix":"dgps","battery":80,"trigger":"turn","clock":"gps","jump":true,"time_raw":1789999999999}');
CREATE TABLE status (
    device TEXT NOT NULL, ts INTEGER NOT NULL, arrived_at INTEGER NOT NULL, status TEXT NOT NULL,
    PRIMARY KEY (device, ts)
) STRICT, WITHOUT ROWID;
INSERT INTO "status" VALUES('tracker-a',1790000000000000002,1790000000005,'{"at":1790000000000,"state":"online","boot":"0a0b0c0d","connect":1,"gps":"fix","battery":80}');
COMMIT;
PRAGMA user_version=0;
