using Nvmepf.Firmware.Controller;

namespace Nvmepf.Firmware.Control;

/// <summary>
/// What a loss of the link does to the controller: every command is dropped, the registers are as after power on, and the link is back once
/// nothing of the earlier life is under way. A host meets a controller that has fallen to CSTS.RDY 0 by itself; its driver has to recover.
/// </summary>
/// <remarks>The physical link stays up: the platform is not asked to retrain.</remarks>
public sealed class LinkResetRequest : ControlRequest
{
    private bool _isDown;

    /// <inheritdoc/>
    protected override ControlProgress Run(NvmeController controller, long nowNanoseconds)
    {
        if (!_isDown)
        {
            _isDown = true;
            controller.LinkDown();
        }

        if (!controller.IsQuiescent)
        {
            return ControlProgress.Pending;
        }

        _isDown = false;
        controller.LinkUp();
        return End(ControlError.None);
    }

    /// <inheritdoc/>
    protected override void TakeBack(NvmeController controller)
    {
        _isDown = false;
        controller.LinkUp();
    }
}
