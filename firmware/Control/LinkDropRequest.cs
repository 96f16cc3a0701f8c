using Nvmepf.Firmware.Controller;

namespace Nvmepf.Firmware.Control;

/// <summary>
/// A link that is gone for a while, as <see cref="LinkResetRequest"/> makes one for a moment: commands are dropped, the registers are as after
/// power on, and a host that enables the controller meanwhile is dropped again.
/// </summary>
/// <param name="downNanoseconds">How long, from when nothing of the earlier life is under way.</param>
public sealed class LinkDropRequest(long downNanoseconds) : ControlRequest
{
    private long _upNanoseconds = -1;
    private volatile bool _isCutShort;

    /// <summary>The link comes back now; on the poster's thread.</summary>
    public void CutShort() => _isCutShort = true;

    /// <inheritdoc/>
    protected override ControlProgress Run(NvmeController controller, long nowNanoseconds)
    {
        if (_upNanoseconds < 0)
        {
            controller.LinkDown();
            _upNanoseconds = nowNanoseconds + downNanoseconds;
        }

        bool isUp = _isCutShort || nowNanoseconds >= _upNanoseconds;
        if (!isUp && controller.State is not (ControllerState.Disabled or ControllerState.Resetting))
        {
            controller.LinkDown(); // a host that is still there has enabled it: over a real link it could not
        }

        if (!isUp || !controller.IsQuiescent)
        {
            return ControlProgress.Pending;
        }

        controller.LinkUp();
        return End(ControlError.None);
    }

    /// <inheritdoc/>
    protected override void TakeBack(NvmeController controller) => controller.LinkUp();
}
