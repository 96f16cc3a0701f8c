using Nvmepf.Firmware.Controller;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Control;

/// <summary>Gives an ANA group of a controller another state and tells the host.</summary>
/// <param name="group">Group, 1 to 128.</param>
/// <param name="state">State.</param>
public sealed class SetAnaStateRequest(uint group, AnaState state) : ControlRequest
{
    /// <inheritdoc/>
    protected override ControlProgress Run(NvmeController controller, long nowNanoseconds)
    {
        if (!controller.Ana.IsReported)
        {
            return End(ControlError.AnaNotReported);
        }

        controller.Ana.Set(controller, group, state);
        return End(ControlError.None);
    }
}
