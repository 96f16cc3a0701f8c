using Nvmepf.Firmware.Controller;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Commands.Admin.Structures;

/// <summary>
/// I/O Command Set specific Identify Namespace of the NVM Command Set, CNS 05h and 1Bh (NVM Command Set 1.1 section 4.1.5.3). All zero: no
/// protection information with storage tags, no extended formats, no preferred granularities.
/// </summary>
internal static unsafe class NvmNamespaceStructure
{
    /// <summary>CNS 05h.</summary>
    public static IdentifyDescriptor Row { get; } = new()
    {
        Cns = Cns.IoCommandSetSpecificNamespace,
        Name = "I/O Command Set specific Identify Namespace",
        NamespaceRule = IdentifyNamespaceRule.Valid,
        UsesCommandSet = true,
        Fill = &Fill,
    };

    /// <summary>CNS 1Bh.</summary>
    public static IdentifyDescriptor AllocatedRow { get; } = new()
    {
        Cns = Cns.IoCommandSetSpecificAllocatedNamespace,
        Name = "I/O Command Set specific Identify Namespace, allocated",
        NamespaceRule = IdentifyNamespaceRule.Valid,
        UsesCommandSet = true,
        Fill = &Fill,
    };

    private static void Fill(NvmeController controller, ref CommandSlot slot)
    {
        // The engine zeroed the buffer, and zero is the value of every field.
    }
}
