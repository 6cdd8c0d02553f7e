import pytest

from contract.codec import decode, encode
from contract.examples import EXAMPLES
from contract.topics import TOPICS, Topic


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)
def test_every_topic_has_an_example_that_its_receiver_can_read(topic: Topic) -> None:
    example = EXAMPLES[topic.name]
    assert decode(topic.message, encode(example)) == example


def test_no_example_is_without_a_topic() -> None:
    assert EXAMPLES.keys() == {topic.name for topic in TOPICS}
