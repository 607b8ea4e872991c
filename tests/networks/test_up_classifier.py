import torch

from respectra.networks.up_classifier import UPClassifier


def test_the_parameter_counts_are_those_of_our_reading() -> None:
    for bands, count in ((103, 691_721), (3, 634_121)):
        network = UPClassifier(bands, classes=9, side=11, dropout=0.5)
        assert sum(p.numel() for p in network.parameters()) == count


def test_a_neighbourhood_gives_one_logit_per_class() -> None:
    network = UPClassifier(103, classes=9, side=11, dropout=0.5).eval()
    assert network(torch.rand(4, 103, 11, 11)).shape == (4, 9)


def test_it_learns_to_separate_two_materials() -> None:
    torch.manual_seed(0)
    network = UPClassifier(5, classes=2, side=11, dropout=0.5)
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3)
    label = torch.arange(8) % 2
    pixels = torch.rand(8, 5, 11, 11) + label[:, None, None, None]
    for _ in range(12):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(network(pixels), label).backward()
        optimizer.step()
    assert (network.eval()(pixels).argmax(1) == label).all()
