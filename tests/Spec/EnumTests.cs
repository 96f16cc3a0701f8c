using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Numerics;
using System.Reflection;
using Nvmepf.Spec;
using Xunit;

namespace Nvmepf.Tests.Spec;

public sealed class EnumTests
{
    public static TheoryData<string> EnumNames => [.. EnumTable.Enumerations.Entries.Select(entry => entry.Name)];

    [Fact]
    public void Every_enumeration_has_an_entry_in_the_table()
    {
        Assert.Equal(EnumTable.Enumerations.Entries.Select(entry => entry.Name).Order(), SpecTypes.Enums.Select(type => type.Name).Order());
    }

    [Theory]
    [MemberData(nameof(EnumNames))]
    public void The_names_have_the_values_that_the_standard_prints(string name)
    {
        Type type = SpecTypes.Named(name);
        IEnumerable<string> expected = EnumTable.Enumerations[name].Items.Select(item => $"{item.Name}={item.FirstHexadecimal:X}").Order();
        IEnumerable<string> actual = Enum.GetNames(type).Select(member => $"{member}={ValueOf(type, member):X}").Order();
        Assert.Equal(expected, actual);
    }

    [Theory]
    [MemberData(nameof(EnumNames))]
    public void No_two_names_have_one_value_and_a_flag_is_one_bit(string name)
    {
        Type type = SpecTypes.Named(name);
        ulong[] values = [.. Enum.GetNames(type).Select(member => ValueOf(type, member))];
        Assert.Equal(values.Length, values.Distinct().Count());
        if (type.GetCustomAttribute<FlagsAttribute>() is not null)
        {
            Assert.All(values, value => Assert.InRange(BitOperations.PopCount(value), 0, 1));
        }
    }

    [Fact]
    public void A_status_code_has_no_bits_beside_its_type_and_code()
    {
        Assert.All(Enum.GetValues<StatusCode>(), code => Assert.Equal(0, (ushort)code & ~0x7FF));
    }

    private static ulong ValueOf(Type type, string member) =>
        Convert.ToUInt64(Enum.Parse(type, member), CultureInfo.InvariantCulture);
}
