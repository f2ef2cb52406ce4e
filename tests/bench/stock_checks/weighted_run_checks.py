# ruff: noqa: F821
def run_trained(criterion, **budget):
    network = make_network(0)
    seen = train(network, criterion, images, labels, train_indices, validation_indices, seed=0, **budget)
    return network, seen["first_batches"]


def run_training():
    for name, criterion in (("unweighted", nn.CrossEntropyLoss()), ("weighted", make_criterion(RATIOS, "cpu"))):
        losses = histories[name]["first_batches"]
        _, expected = run_trained(criterion, epochs=1, batches=len(losses))
        assert all(abs(a - b) <= 2e-3 * max(1, abs(b)) for a, b in zip(losses, expected, strict=True))
        parameters = list(networks[name].parameters())
        assert all(bool(p.isfinite().all()) for p in parameters)
        assert not all(map(torch.equal, parameters, make_network(0).parameters()))


def run_rare_classes():
    network, _ = run_trained(make_criterion(RATIOS, "cpu"), epochs=RUN_EPOCHS, momentum=0.9)
    recall = recall_by_class(test_labels, predict(network, test_images))
    gap = float(recall[:2].mean() - recall[4:].mean())
    assert RUN_GAP[0] <= gap <= RUN_GAP[1]
    assert float(recall.mean()) >= RUN_RECALL


credit((1.5, run_training), (2.5, run_rare_classes))
