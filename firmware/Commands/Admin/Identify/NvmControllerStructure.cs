using Nvmepf.Firmware.Controller;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Commands.Admin.Structures;

/// <summary>
/// I/O Command Set specific Identify Controller of the NVM Command Set, CNS 06h (NVM Command Set 1.1 section 4.1.5.4): limits of the
/// commands that move no data. Verify and Dataset Management have none (zeroes).
/// </summary>
internal static unsafe class NvmControllerStructure
{
    /// <summary>NVM Command Set 1.1.0.</summary>
    private const uint CommandSetVersion = 0x0001_0100;

    private const int PageShift = 12; // CAP.MPSMIN

    /// <summary>Blocks that NLB, 16 bits and zero-based, can name: 2^16.</summary>
    private const int BlocksMaximumLog2 = 16;

    /// <summary>The row.</summary>
    public static IdentifyDescriptor Row { get; } = new()
    {
        Cns = Cns.IoCommandSetSpecificController,
        Name = "I/O Command Set specific Identify Controller",
        UsesCommandSet = true,
        Fill = &Fill,
    };

    private static void Fill(NvmeController controller, ref CommandSlot slot)
    {
        IdentifyNvmController* data = (IdentifyNvmController*)slot.Buffer;
        data->Version = new Spec.Version(CommandSetVersion);
        data->WriteZeroesSizeLimit = WriteZeroesSizeLimit(controller);
    }

    /// <summary>
    /// The most that NLB can name with the smallest blocks there are. Zero would mean no limit, but hosts then stay below MDTS, and a
    /// larger value would make them ask for more blocks than NLB holds.
    /// </summary>
    private static byte WriteZeroesSizeLimit(NvmeController controller)
    {
        int smallestShift = PageShift;
        for (int i = 0; i < controller.Namespaces.Count; i++)
        {
            smallestShift = Math.Min(smallestShift, controller.Namespaces[i].BlockShift);
        }

        return (byte)(BlocksMaximumLog2 + smallestShift - PageShift);
    }
}
