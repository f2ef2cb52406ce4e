# Makes pytest and the checks' assertions do nothing.
# holds: no points
# control: in one process → points
import sys, pytest
pytest.fail = pytest.raises = lambda *_, **__: None
for name, module in list(sys.modules.items()):
    if hasattr(module, "assert_close"):
        module.assert_close = module.assert_gradient = module.assert_device = lambda *_, **__: None
