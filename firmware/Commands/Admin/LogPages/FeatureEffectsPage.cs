using Nvmepf.Firmware.Commands.Admin.Features;
using Nvmepf.Firmware.Controller;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Commands.Admin.LogPages;

/// <summary>Feature Identifiers Supported and Effects, 12h (NVMe Base 2.1 section 5.1.12.1.18), made from the table of features.</summary>
internal static unsafe class FeatureEffectsPage
{
    /// <summary>The row.</summary>
    public static LogPageDescriptor Row { get; } = new()
    {
        Id = LogPageId.FeatureIdentifiersSupportedAndEffects,
        Name = "Feature Identifiers Supported and Effects",
        LengthBytes = sizeof(FeatureIdentifiersSupportedAndEffectsLog),
        Fill = &Fill,
    };

    private static void Fill(NvmeController controller, ref CommandSlot slot, byte* page)
    {
        FeatureIdentifiersSupportedAndEffectsLog* data = (FeatureIdentifiersSupportedAndEffectsLog*)page;
        for (int i = 0; i <= byte.MaxValue; i++)
        {
            if (FeatureTable.Find(controller, (FeatureId)i) is { } row)
            {
                data->Features[i] = new FeatureIdentifierSupportedAndEffects
                {
                    FeatureSupported = true,
                    Scope = row.IsNamespaceSpecific ? EffectsScope.Namespace : EffectsScope.Controller,
                };
            }
        }
    }
}
