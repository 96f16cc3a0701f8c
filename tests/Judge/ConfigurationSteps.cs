using System.Collections.Generic;
using System.Globalization;
using Nvmepf.SocModel;

namespace Nvmepf.Tests.Judge;

/// <summary>
/// What a sequence of stores does to the registers, step by step: a store is a step only where it changes what was last stored there, and a store
/// to a register whose upper half enables the bits of its lower half is one step for each bit. So two drivers that write the same in another
/// grouping take the same steps.
/// </summary>
internal static class ConfigurationSteps
{
    private const ulong MiscControl1 = SocMap.Dbi + 0x8BC;
    private const uint DbiReadOnlyWriteEnable = 1;
    private const ulong InterruptStatusMisc = SocMap.Apb + 0x10;
    private const ulong MsiGenerate = SocMap.Apb + 0x38;

    /// <summary>
    /// The steps in order: <c>NAME=value</c> or <c>NAME[bit]=0</c>; the second time that the same step is taken it ends in #2, and so on.
    /// DBI_RO_WR_EN is no step: it brackets others, and the model refuses what is written outside its brackets.
    /// </summary>
    public static List<string> Of(IEnumerable<RegisterWrite> writes)
    {
        var stored = new Dictionary<(ulong Address, int Bit), uint>();
        var taken = new Dictionary<string, int>();
        var steps = new List<string>();
        foreach (RegisterWrite write in writes)
        {
            if (HasWriteMask(write.Address))
            {
                for (int bit = 0; bit < 16; bit++)
                {
                    if (((write.Value >> (16 + bit)) & 1) != 0)
                    {
                        uint value = (write.Value >> bit) & 1;
                        Take((write.Address, bit), value, string.Create(CultureInfo.InvariantCulture, $"{write.Name}[{bit}]={value}"));
                    }
                }
            }
            else
            {
                uint value = write.Address == MiscControl1 ? write.Value & ~DbiReadOnlyWriteEnable : write.Value;
                string digits = value.ToString(string.Create(CultureInfo.InvariantCulture, $"x{write.WidthBytes * 2}"), CultureInfo.InvariantCulture);
                Take((write.Address, -write.WidthBytes), value, $"{write.Name}={digits}");
            }
        }

        return steps;

        void Take((ulong Address, int Bit) place, uint value, string step)
        {
            bool isFirst = !stored.TryGetValue(place, out uint before);
            stored[place] = value;
            if (place.Address == MiscControl1 ? before == value : !isFirst && before == value)
            {
                return;
            }

            int count = taken.GetValueOrDefault(step) + 1;
            taken[step] = count;
            steps.Add(count == 1 ? step : string.Create(CultureInfo.InvariantCulture, $"{step}#{count}"));
        }
    }

    private static bool HasWriteMask(ulong address) =>
        (address is >= SocMap.Apb and < SocMap.Apb + SocMap.ApbBytes && address is not (InterruptStatusMisc or MsiGenerate))
        || address is >= SocMap.Cru and < SocMap.Cru + SocMap.CruBytes
        || address is >= SocMap.Pmu and < SocMap.Pmu + SocMap.PmuBytes
        || address is >= SocMap.PhpGrf and < SocMap.PhpGrf + SocMap.PhpGrfBytes
        || address is >= SocMap.PhyGrf and < SocMap.PhyGrf + SocMap.PhyGrfBytes;
}
