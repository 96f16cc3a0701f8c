// Checks register maps against tables that were written from the reference, not from the maps: every register of a block has a row with
// its offset and its access right, every field of a register has one with its bits, and no row or property is left over.
using System.Linq;
using System.Reflection;
using Nvmepf.Hal.Mmio;
using Xunit;

namespace Nvmepf.Tests.DesignWare;

/// <summary>One register of a block: name, offset, and what may be done with it.</summary>
internal sealed record RegisterRow(string Name, int OffsetBytes, Type Access);

/// <summary>One field of a register: name, lowest bit and width.</summary>
internal sealed record FieldRow(string Name, int LowestBit, int Width);

internal static class RegisterTable
{
    internal static readonly Type ReadOnly = typeof(ReadOnlyRegister<>);
    internal static readonly Type WriteOnly = typeof(WriteOnlyRegister<>);
    internal static readonly Type ReadWrite = typeof(ReadWriteRegister<>);
    internal static readonly Type WriteOneToClear = typeof(WriteOneToClearRegister<>);
    internal static readonly Type HighWordMask = typeof(HighWordMaskRegister<>);

    private static readonly Type[] s_accesses = [ReadOnly, WriteOnly, ReadWrite, WriteOneToClear, HighWordMask];

    /// <summary>Compares the registers of a block that was made with base address 0.</summary>
    internal static void CheckBlock(object blockAtZero, params RegisterRow[] rows)
    {
        SortedDictionary<string, string> expected = [];
        foreach (RegisterRow row in rows)
        {
            expected.Add(row.Name, $"{row.OffsetBytes:X3} {row.Access.Name}");
        }

        SortedDictionary<string, string> actual = [];
        foreach (PropertyInfo property in blockAtZero.GetType().GetProperties())
        {
            Type type = property.PropertyType;
            if (type.IsGenericType && s_accesses.Contains(type.GetGenericTypeDefinition()))
            {
                object register = property.GetValue(blockAtZero)!;
                nint address = (nint)type.GetProperty("Address")!.GetValue(register)!;
                actual.Add(property.Name, $"{address:X3} {type.GetGenericTypeDefinition().Name}");
            }
        }

        Assert.Equal(expected, actual);
    }

    /// <summary>Compares where the fields of a register are, by reading and by writing them.</summary>
    internal static void CheckFields<T>(params FieldRow[] rows)
        where T : unmanaged, IRegisterFields<T>
    {
        List<string> names = [.. typeof(T).GetProperties().Where(property => property.Name != "Raw").Select(property => property.Name).Order()];
        Assert.Equal(rows.Select(row => row.Name).Order(), names);
        uint covered = 0;
        foreach (FieldRow row in rows)
        {
            PropertyInfo property = typeof(T).GetProperty(row.Name)!;
            uint ones = uint.MaxValue >> (32 - row.Width);
            uint mask = ones << row.LowestBit;
            Assert.True((covered & mask) == 0, $"{typeof(T).Name}.{row.Name} overlaps another field");
            covered |= mask;
            Assert.Equal((row.Name, ones), (row.Name, ToNumber(property.GetValue(T.FromRaw(mask)))));
            Assert.Equal((row.Name, 0u), (row.Name, ToNumber(property.GetValue(T.FromRaw(~mask)))));
            object value = T.FromRaw(0);
            property.SetValue(value, ToProperty(ones, property.PropertyType));
            Assert.Equal((row.Name, mask), (row.Name, ((T)value).Raw));
            value = T.FromRaw(uint.MaxValue);
            property.SetValue(value, ToProperty(0, property.PropertyType));
            Assert.Equal((row.Name, ~mask), (row.Name, ((T)value).Raw));
        }
    }

    private static uint ToNumber(object? value) => value is bool flag ? (flag ? 1u : 0u) : Convert.ToUInt32(value);

    private static object ToProperty(uint number, Type type)
    {
        if (type == typeof(bool))
        {
            return number != 0;
        }

        return type.IsEnum ? Enum.ToObject(type, number) : Convert.ChangeType(number, type);
    }
}
