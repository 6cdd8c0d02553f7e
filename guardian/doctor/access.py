"""Rights on the broker, proved by what is delivered and not by what the broker answers.

Mosquitto answers "granted" to a SUBSCRIBE that it denies, so each service asks for everything, and
what arrives counts. Only topics are used that make no incident and no position and move no tracker:
the notices, and receipts, commands and `stored` of a device whose name has a dot, which none can
have. The others are compared as text (`pki.rights`). While this runs, each service also asks for
what it must never hear of the real trackers; what arrives of that is not looked at.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from secrets import token_hex

from contract import topics
from contract.cloudevents import rfc3339
from contract.codec import encode
from contract.messages import CloudEvent
from contract.topics import Topic
from guardian.doctor.finding import Check, Finding, fault, ok
from guardian.doctor.installation import Installation, Party
from guardian.doctor.visit import Visit, VisitError
from runtime.clock import Clock
from runtime.mqtt.address import BrokerAddress, parse_broker
from runtime.mqtt.errors import TlsFilesError

NOTICE_TYPE = "org.guardian.notice.doctor"
"""The type of the only message that operators' tools may see of a doctor; they may ignore it."""

_PROBED = (topics.NOTICE, topics.RECEIPT, topics.COMMAND, topics.STORED)
_SEALED = (topics.LOCATION, topics.HISTORY, topics.PANIC, topics.JOURNEY, topics.TEXT)
_SYS_VERSION = "$SYS/broker/version"
_DENIED = "not_authorized"
_MEND = "guardian enroll list --pki PKI (writes the access lists anew and tells the broker)"


def checks(installation: Installation, clock: Clock) -> list[Check]:
    """Return one check for each broker that services use."""
    found: dict[BrokerAddress, list[Party]] = {}
    for each in installation.parties:
        if each.role != "tracker":
            for broker in map(parse_broker, each.brokers):
                found.setdefault(broker, []).append(each)
    return [
        Check("broker", str(broker), partial(examine, broker, parties, clock))
        for broker, parties in found.items()
    ]


def examine(broker: BrokerAddress, parties: Sequence[Party], clock: Clock) -> Iterator[Finding]:
    """Let every service say what it may and what it may not, and see who hears it."""
    with ExitStack() as connected:
        probe = _Probe(broker, clock)
        for each in parties:
            try:
                probe.visits.append(
                    connected.enter_context(Visit(each, broker, clock, filters=probe.filters(each)))
                )
            except (VisitError, TlsFilesError):
                continue  # the login's line says so
        try:
            yield from probe.run()
        except VisitError as error:
            says = f"a connection ended during the trial: {error}"
            yield fault("broker.access", broker, says, "journalctl -u guardian-broker")


def trespass(visit: Visit, broker: BrokerAddress, clock: Clock) -> Iterator[Finding]:
    """Let a tracker try to write what is not its own; what arrives of it does no harm."""
    probe = _Probe(broker, clock)
    for topic in _PROBED:
        probe.say(visit, topic)
    yield from probe.faults() or [
        ok("broker.access", broker, f"{visit.party.name} may write nothing that is not its own")
    ]


class _Probe:
    """One trial at one broker."""

    def __init__(self, broker: BrokerAddress, clock: Clock) -> None:
        self.visits: list[Visit] = []
        self._broker = broker
        self._clock = clock
        self._nobody = f"svc.doctor.{token_hex(4)}"
        self._sent: list[tuple[Visit, Topic, bytes]] = []
        self._wrong: dict[str, dict[str, list[str]]] = {}
        """Who, what is wrong, and with which topics."""

    def filters(self, party: Party) -> list[str]:
        """Return what a service asks for: the probed topics, and what it must never hear."""
        sealed = [each.filter() for each in _SEALED if party.role not in each.receivers]
        return [self._topic(each) for each in _PROBED] + sealed

    def run(self) -> Iterator[Finding]:
        """Publish everything, then see what came; one line for each thing that is wrong."""
        if not self.visits:
            return
        for writer in self.visits:
            for topic in _PROBED:
                self.say(writer, topic)
        for reader in self.visits:
            # Its answer comes after all that was delivered to the same connection before.
            reader.publish(self._topic(topics.STORED), b"")
        for reader in self.visits:
            self._hear(reader)
        names = ", ".join(each.party.name for each in self.visits)
        yield from self.faults() or [
            ok("broker.access", self._broker, f"what {names} may say is heard by whom it may")
        ]

    def faults(self) -> list[Finding]:
        """Return one line for each party and kind of wrong."""
        return [
            fault("broker.access", self._broker, f"{who} {what.format(', '.join(which))}", _MEND)
            for who, words in self._wrong.items()
            for what, which in words.items()
        ]

    def say(self, writer: Visit, topic: Topic) -> None:
        """Publish a notice on a topic, and note whether that is right."""
        payload = self._payload()
        refused = writer.publish(self._topic(topic), payload) == _DENIED
        self._sent.append((writer, topic, payload))
        may = writer.party.role in topic.senders
        if may and refused:
            self._note(writer, "may not write {}, and must", topic.name)
        elif not may and not refused:
            self._note(writer, "may write {}, and must not", topic.name)

    def _hear(self, reader: Visit) -> None:
        for writer, topic, payload in self._sent:
            rightful = writer.party.role in topic.senders
            may_hear = reader.party.role in topic.receivers
            if rightful and may_hear:
                if not reader.wait_for(payload):
                    self._note(reader, "does not get the notices of {}", writer.party.name)
            elif any(each.payload == payload for each in reader.received):
                if not may_hear:
                    self._note(reader, "gets {}, and must not", topic.name)
                if not rightful:
                    self._note(writer, "may write {}, and must not", topic.name)
        for topic in _SEALED:
            heard = any(each.topic.endswith(f"/{topic.name}") for each in reader.received)
            if heard and reader.party.role not in topic.receivers:
                self._note(reader, "hears {} of trackers, and must not", topic.name)

    def _note(self, visit: Visit, what: str, name: str) -> None:
        names = self._wrong.setdefault(visit.party.name, {}).setdefault(what, [])
        if name not in names:
            names.append(name)

    def _topic(self, topic: Topic) -> str:
        return topic.of(self._nobody)

    def _payload(self) -> bytes:
        """Return a notice that says what it is, to whomever it reaches."""
        mark = token_hex(8)
        return encode(
            CloudEvent(
                id=mark,
                source="/guardian/doctor",
                type=NOTICE_TYPE,
                time=rfc3339(self._clock.now_ms()),
                data={"text": "guardian doctor tries who may say what; ignore it", "mark": mark},
            )
        )


def version(broker: BrokerAddress, tool: Party, clock: Clock) -> str | None:
    """Return what the broker says of its version; only a tool may ask. None: it does not say."""
    try:
        with Visit(tool, broker, clock, filters=[_SYS_VERSION]) as visit:
            answer = visit.wait_for_topic(_SYS_VERSION)
    except (VisitError, TlsFilesError):
        return None
    return answer.decode("utf-8", "replace") if answer else None
