using Nvmepf.Firmware.Controller;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Commands.Admin.LogPages;

/// <summary>
/// NVMe-MI Commands Supported and Effects, 13h (NVMe Base 2.1 section 5.1.12.1.19). There is no management interface, so every entry is
/// zero; the page is there because LPA announces the four pages that tell what is supported together.
/// </summary>
internal static unsafe class ManagementCommandEffectsPage
{
    /// <summary>The row.</summary>
    public static LogPageDescriptor Row { get; } = new()
    {
        Id = LogPageId.NvmeMiCommandsSupportedAndEffects,
        Name = "NVMe-MI Commands Supported and Effects",
        LengthBytes = 4096,
        Fill = &Fill,
    };

    private static void Fill(NvmeController controller, ref CommandSlot slot, byte* page)
    {
        // Zero is the value of every entry.
    }
}
