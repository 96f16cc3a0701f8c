using Nvmepf.Firmware.Controller;

namespace Nvmepf.Firmware.Control;

/// <summary>
/// Shuts the controller down for good, as the end of the process does: commands end, caches are flushed, CSTS.SHST says complete. The
/// controller cannot be enabled again; the process goes on until somebody ends it.
/// </summary>
public sealed class ShutdownRequest : ControlRequest
{
    private bool _isBegun;

    /// <inheritdoc/>
    protected override ControlProgress Run(NvmeController controller, long nowNanoseconds)
    {
        if (!_isBegun)
        {
            _isBegun = true;
            controller.BeginStop();
        }

        return controller.IsStopped ? End(ControlError.None) : ControlProgress.Pending;
    }
}
