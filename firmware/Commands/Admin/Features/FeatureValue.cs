using Nvmepf.Firmware.Controller;

namespace Nvmepf.Firmware.Commands.Admin.Features;

/// <summary>Picks current or default values for Get Features.</summary>
internal static class FeatureValue
{
    /// <summary>The values that the SEL field asks for.</summary>
    public static ref readonly FeatureValues Of(NvmeController controller, bool isDefault)
    {
        if (isDefault)
        {
            return ref controller.Features.Defaults;
        }

        return ref controller.Features.Current;
    }
}
