namespace Nvmepf.Tests.Namespaces;

/// <summary>Bytes that are different in every place and for every seed, and never zero, so that a hole shows.</summary>
internal static class Pattern
{
    public static byte[] Make(int length, int seed)
    {
        byte[] bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        for (int i = 0; i < length; i++)
        {
            bytes[i] |= 1;
        }

        return bytes;
    }
}
